// Kills: Sender: leaves out what is larger than the broker takes
// Leaves the limit to the library.
import { SenderInParts } from "../sender-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends SenderInParts {
  protected override fits(): boolean {
    return true;
  }
}
