// Kills: Leg: keeps no more than its capacity while there is no line
// Counts on a line as soon as there has been one.
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override onDown(): void {}
}
