// Kills: Mailbox: sends again, first and with DUP, what was not acknowledged
// Takes sent for delivered.
import { MailboxInParts } from "../mailbox-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Mailbox extends MailboxInParts {
  protected override sendAgain(): void {
    this.unacknowledged.clear();
  }
}
