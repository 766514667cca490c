// Kills: Leg: tells one outcome although the line breaks meanwhile
// Takes what was on its way for lost.
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override onDown(): void {
    super.onDown();
    for (const one of this.unanswered) if ("message" in one) this.answered(one, "dropped");
  }
}
