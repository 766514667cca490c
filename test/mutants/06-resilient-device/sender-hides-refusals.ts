// Kills: Sender: goes on when the broker refuses a message
// Drops what was refused, and says nothing.
import { type Message, reasonCodeOf } from "../../../solutions/06-resilient-device.ts";
import { SenderInParts } from "../sender-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends SenderInParts {
  protected override answered(message: Message, error?: Error): void {
    const isRefused = error !== undefined && reasonCodeOf(error) !== undefined;
    super.answered(message, isRefused ? undefined : error);
  }
}
