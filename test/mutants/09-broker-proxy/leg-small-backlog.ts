// Kills: Leg: sends in order what waited for a line
// Thinks that a window is enough for what waits.
import { Backlog, LEG_WINDOW, type Publication } from "../../../solutions/09-broker-proxy.ts";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override makeBacklog(): Backlog<Publication> {
    return new Backlog(Math.min(this.options.capacity, LEG_WINDOW));
  }
}
