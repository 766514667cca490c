// Kills: Leg: has no more on its way than the broker takes at a time
// Knows its own limit and not the broker's.
import { LEG_WINDOW } from "../../../solutions/09-broker-proxy.ts";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override windowFor(): number {
    return LEG_WINDOW;
  }
}
