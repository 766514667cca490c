// Kills: Mailbox: keeps QoS 1 for a device that is away, the newest of it
// Lets QoS 0 wait as well.
import type { Message } from "../../../workbook/proxy/message.ts";
import { MailboxInParts } from "../mailbox-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Mailbox extends MailboxInParts {
  override deliver(message: Message): void {
    if (message.qos === 0 && this.line === undefined) this.keep(message);
    else super.deliver(message);
  }
}
