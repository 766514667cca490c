// Kills: Sender: stops when what is on its way is acknowledged
// Does not wait.
import { SenderInParts } from "../sender-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends SenderInParts {
  override stop(): Promise<void> {
    this.isStopped = true;
    return Promise.resolve();
  }
}
