// Kills: Mailbox: gives each message on its way a packet identifier of its own
// Does not look whether an identifier is in use.
import { MailboxInParts } from "../mailbox-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Mailbox extends MailboxInParts {
  protected override freeId(): number {
    this.lastId = (this.lastId % 65_535) + 1;
    return this.lastId;
  }
}
