// Kills: Leg: asks for its filters again on each new line
// Asks again only for what no broker has granted yet.
import { LegInParts, type Subscription } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  readonly #granted = new Set<string>();

  protected override ask(filter: string, { options, tell }: Subscription): void {
    super.ask(filter, {
      options,
      tell: (outcome) => {
        this.#granted.add(filter);
        tell(outcome);
      },
    });
  }

  protected override askAll(): void {
    for (const [filter, subscription] of this.filters)
      if (!this.#granted.has(filter)) this.ask(filter, subscription);
  }
}
