// Kills: Mailbox: sends again, first and with DUP, what was not acknowledged
// Says that it is the first time.
import type { DeviceLine } from "../../../workbook/proxy/device-line.ts";
import { MailboxInParts } from "../mailbox-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Mailbox extends MailboxInParts {
  protected override sendAgain(line: Pick<DeviceLine, "send">): void {
    for (const packet of this.unacknowledged.values()) line.send(packet);
  }
}
