// Kills: Mailbox: hands retained messages on to who subscribes again
// Does not tell an answer to SUBSCRIBE from a message.
import type { Message } from "../../../workbook/proxy/message.ts";
import { MailboxInParts } from "../mailbox-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Mailbox extends MailboxInParts {
  protected override isKnown(message: Message): boolean {
    return super.isKnown({ ...message, retain: false });
  }
}
