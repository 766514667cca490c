// Kills: Mailbox: keeps QoS 1 for a device that is away, the newest of it
// Is full, and takes nothing more.
import type { Message } from "../../../workbook/proxy/message.ts";
import { MailboxInParts } from "../mailbox-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Mailbox extends MailboxInParts {
  protected override keep(message: Message): void {
    if (this.waiting.size < this.waiting.capacity) super.keep(message);
  }
}
