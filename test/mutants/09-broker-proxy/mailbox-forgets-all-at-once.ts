// Kills: Mailbox: remembers the newest copy ids, and no more
// Begins anew when the list is full.
import { REMEMBERED_COPIES } from "../../../solutions/09-broker-proxy.ts";
import { MailboxInParts } from "../mailbox-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Mailbox extends MailboxInParts {
  protected override forgetOldest(): void {
    const [oldest] = this.known;
    if (this.known.size > REMEMBERED_COPIES && oldest) this.known.clear();
  }
}
