// Kills: Leg: tells that a filter was refused
// Any SUBACK is a good one.
import type { Outcome } from "../../../solutions/09-broker-proxy.ts";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override filterOutcomeOf(): Outcome {
    return "acknowledged";
  }
}
