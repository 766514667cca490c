// Kills: Sender: keeps to the broker's Receive Maximum
// Leaves the limit to the library.
import { SenderInParts } from "../sender-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends SenderInParts {
  protected override mostAtOnce(): number {
    return Number.POSITIVE_INFINITY;
  }
}
