// Kills: Sender: leaves out what is larger than the broker takes
// Counts characters, and the payload alone.
import type { Message } from "../../../solutions/06-resilient-device.ts";
import { SenderInParts } from "../sender-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends SenderInParts {
  protected override sizeOf({ payload }: Message): number {
    return payload.length;
  }
}
