// Kills: Sender: hands the library nothing while there is no line
// Hands everything to the library at once.
import { SenderInParts } from "../sender-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends SenderInParts {
  protected override maySend(): boolean {
    return !this.isStopped;
  }
}
