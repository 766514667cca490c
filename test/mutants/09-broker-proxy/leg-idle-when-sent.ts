// Kills: Leg: is idle when all have their outcome
// Takes sent for done.
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override lookIdle(): void {
    if (this.backlog.size > 0) return;
    for (const resolve of this.whenIdle.splice(0)) resolve();
  }
}
