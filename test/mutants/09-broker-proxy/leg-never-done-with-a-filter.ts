// Kills: Leg: asks no more for what it was told to leave
// Does not hear the broker's UNSUBACK.
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  override unsubscribe(filter: string): void {
    super.unsubscribe(filter);
    this.unanswered.add({ tell: () => {} });
  }
}
