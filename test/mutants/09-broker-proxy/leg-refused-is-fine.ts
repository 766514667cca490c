// Kills: Leg: goes on when the broker refuses a message
// Any PUBACK is a good one.
import type { Outcome } from "../../../solutions/09-broker-proxy.ts";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override outcomeOf(): Outcome {
    return "acknowledged";
  }
}
