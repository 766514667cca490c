// Kills: Sender: lets a message go only when it is acknowledged
// Leaves in the store what is acknowledged.
import type { Message } from "../../../solutions/06-resilient-device.ts";
import { SenderInParts } from "../sender-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends SenderInParts {
  protected override answered(message: Message, error?: Error): void {
    if (error) super.answered(message, error);
    else this.wake();
  }
}
