// Kills: Leg: asks no more for what it was told to leave
// Asks again on the next line.
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  override unsubscribe(filter: string): void {
    this.client.unsubscribe(filter);
  }
}
