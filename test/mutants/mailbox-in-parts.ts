import type { IPublishPacket } from "mqtt-packet";
import { Backlog, REMEMBERED_COPIES } from "../../solutions/09-broker-proxy.ts";
import type { DeviceLine } from "../../workbook/proxy/device-line.ts";
import { type Message, packetFor } from "../../workbook/proxy/message.ts";

/** The right mailbox of lab 9, in parts, so that a mutant can do one of them wrong. */
export class MailboxInParts {
  readonly waiting: Backlog<Message>;
  protected readonly unacknowledged = new Map<number, IPublishPacket>();
  protected readonly known = new Set<string>();
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

  subscribed(): void {
    for (const key of this.known) if (key.startsWith("retained ")) this.known.delete(key);
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

  protected isKnown({ copyId, retain }: Message): boolean {
    if (copyId === undefined) return false;
    const key = retain ? `retained ${copyId}` : copyId;
    if (this.known.has(key)) return true;
    this.known.add(key);
    this.forgetOldest();
    return false;
  }

  protected forgetOldest(): void {
    const [oldest] = this.known;
    if (this.known.size > REMEMBERED_COPIES && oldest) this.known.delete(oldest);
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
