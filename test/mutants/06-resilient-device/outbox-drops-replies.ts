// Kills: Outbox: never drops a reply
// Drops the oldest, whatever it is.
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Outbox extends right.Outbox {
  override add(message: right.Message): void {
    const [oldest] = this.pending();
    if (oldest && this.pending().length >= this.capacity) {
      this.remove(oldest.id);
      this.dropped++;
    }
    super.add(message);
  }
}
