// Kills: Mailbox: keeps to the device's Receive Maximum
// Counts PUBACKs, whatever they acknowledge.
import type { DeviceLine } from "../../../workbook/proxy/device-line.ts";
import { MailboxInParts } from "../mailbox-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Mailbox extends MailboxInParts {
  #room = 0;

  override attach(line: Pick<DeviceLine, "send">, receiveMaximum: number): void {
    this.#room = 0;
    super.attach(line, receiveMaximum);
  }

  override acknowledged(messageId: number): void {
    if (!this.unacknowledged.delete(messageId)) this.#room++;
    this.send();
  }

  protected override hasRoom(): boolean {
    return this.unacknowledged.size < this.receiveMaximum + this.#room;
  }
}
