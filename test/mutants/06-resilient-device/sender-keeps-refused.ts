// Kills: Sender: goes on when the broker refuses a message
// Waits for ever with what was refused.
import type { Message } from "../../../solutions/06-resilient-device.ts";
import { SenderInParts } from "../sender-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends SenderInParts {
  protected override answered(message: Message, error?: Error): void {
    super.answered(message, error && new Error("as if the line had broken"));
  }
}
