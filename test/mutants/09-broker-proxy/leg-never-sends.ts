// Kills: Leg: tells the outcome when the broker has acknowledged
// Puts it by, and thinks of it no more.
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override send(): void {}
}
