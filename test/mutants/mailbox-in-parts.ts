import type { IPublishPacket } from "mqtt-packet";
import { Backlog, REMEMBERED_COPIES } from "../../solutions/09-broker-proxy.ts";
import type { DeviceLine } from "../../workbook/proxy/device-line.ts";
import { type Message, packetFor } from "../../workbook/proxy/message.ts";

/** The right mailbox of lab 9, in parts, so that a mutant can do one of them wrong. */
export class MailboxInParts {
  readonly waiting: Backlog<Message>;
  protected readonly unacknowledged = new Map<number, IPublishPacket>();
  protected readonly copyIds = new Set<string>();
  protected line: Pick<DeviceLine, "send"> | undefined;
  protected receiveMaximum = 0;
  protected lastId = 0;

  constructor(capacity: number) {
    this.waiting = new Backlog(capacity);
  }

  deliver(message: Message): void {
    if (this.isKnown(message)) return;
    if (message.qos === 0) {
      this.line?.send(packetFor(message));
    } else {
      this.keep(message);
      this.send();
    }
  }

  attach(line: Pick<DeviceLine, "send">, receiveMaximum: number): void {
    this.line = line;
    this.receiveMaximum = receiveMaximum;
    this.sendAgain(line);
    this.send();
  }

  detach(): void {
    this.line = undefined;
  }

  acknowledged(messageId: number): void {
    if (this.unacknowledged.delete(messageId)) this.send();
  }

  protected keep(message: Message): void {
    this.waiting.add(message);
  }

  protected sendAgain(line: Pick<DeviceLine, "send">): void {
    for (const packet of this.unacknowledged.values()) line.send({ ...packet, dup: true });
  }

  protected isKnown({ copyId }: Message): boolean {
    if (copyId === undefined) return false;
    if (this.copyIds.has(copyId)) return true;
    this.copyIds.add(copyId);
    this.forgetOldest();
    return false;
  }

  protected forgetOldest(): void {
    const [oldest] = this.copyIds;
    if (this.copyIds.size > REMEMBERED_COPIES && oldest) this.copyIds.delete(oldest);
  }

  protected hasRoom(): boolean {
    return this.unacknowledged.size < this.receiveMaximum;
  }

  protected send(): void {
    while (this.line && this.hasRoom()) {
      const next = this.waiting.take();
      if (next === undefined) return;
      const packet = packetFor(next, this.freeId());
      this.unacknowledged.set(this.lastId, packet);
      this.line.send(packet);
    }
  }

  protected freeId(): number {
    do this.lastId = (this.lastId % 65_535) + 1;
    while (this.unacknowledged.has(this.lastId));
    return this.lastId;
  }
}
