// Kills: Outbox: drops the oldest reading when it is full
// Takes no more readings when it is full.
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Outbox extends right.Outbox {
  override add(message: right.Message): void {
    if (message.kind === "reply" || this.pending().length < this.capacity) super.add(message);
    else this.dropped++;
  }
}
