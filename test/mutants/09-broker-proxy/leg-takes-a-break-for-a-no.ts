// Kills: Leg: tells nothing of a filter until the broker has answered
// Takes each error for the broker's.
import { LegInParts, type Subscription } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override ask(filter: string, subscription: Subscription): void {
    this.unanswered.add(subscription);
    this.client.subscribe(filter, subscription.options, (error) => {
      this.answered(subscription, this.filterOutcomeOf(error));
      this.send();
    });
  }
}
