// Kills: Outbox: holds what was added, in order, also for the next process
// Knows only the letters of English.
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Outbox extends right.Outbox {
  override add(message: right.Message): void {
    super.add({ ...message, payload: message.payload.replace(/[^ -~]/g, "?") });
  }
}
