// Kills: Mailbox: keeps to the device's Receive Maximum
// Sends what it has.
import { MailboxInParts } from "../mailbox-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Mailbox extends MailboxInParts {
  protected override hasRoom(): boolean {
    return true;
  }
}
