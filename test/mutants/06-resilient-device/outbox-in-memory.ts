// Kills: Outbox: holds what was added, in order, also for the next process
// The file is only made.
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Outbox extends right.Outbox {
  readonly #messages: right.Message[] = [];

  override add(message: right.Message): void {
    this.#messages.push(message);
  }

  override pending(): readonly right.Message[] {
    return this.#messages;
  }
}
