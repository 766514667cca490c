// Kills: Mailbox: sends again, first and with DUP, what was not acknowledged
// Gives a message another identifier on the next line.
import type { DeviceLine } from "../../../workbook/proxy/device-line.ts";
import { MailboxInParts } from "../mailbox-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Mailbox extends MailboxInParts {
  protected override sendAgain(line: Pick<DeviceLine, "send">): void {
    const packets = [...this.unacknowledged.values()];
    this.unacknowledged.clear();
    for (const packet of packets) {
      const messageId = this.freeId();
      this.unacknowledged.set(messageId, { ...packet, messageId });
      line.send({ ...packet, messageId, dup: true });
    }
  }
}
