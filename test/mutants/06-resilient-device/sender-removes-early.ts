// Kills: Sender: lets a message go only when it is acknowledged
// Takes what it has sent for delivered.
import type { Message } from "../../../solutions/06-resilient-device.ts";
import { SenderInParts } from "../sender-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends SenderInParts {
  protected override send(message: Message): void {
    super.send(message);
    this.store.remove(message.id);
  }
}
