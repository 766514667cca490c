// Kills: Leg: asks for its filters again on each new line
// Thinks that the broker remembers.
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  #hasAsked = false;

  protected override askAll(): void {
    if (!this.#hasAsked) super.askAll();
    this.#hasAsked = true;
  }
}
