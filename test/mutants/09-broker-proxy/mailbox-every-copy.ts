// Kills: Mailbox: hands a message on once that came from two brokers
// Takes every copy for a message.
import { MailboxInParts } from "../mailbox-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Mailbox extends MailboxInParts {
  protected override isKnown(): boolean {
    return false;
  }
}
