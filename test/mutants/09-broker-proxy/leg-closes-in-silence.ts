// Kills: Leg: drops what waits when it is closed
// Tells nobody what it drops.
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  override close(): void {
    this.client.end(true);
    this.isUp = false;
  }
}
