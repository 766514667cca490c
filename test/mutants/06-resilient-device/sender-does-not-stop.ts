// Kills: Sender: stops when what is on its way is acknowledged
// Waits, and goes on sending.
import { SenderInParts } from "../sender-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends SenderInParts {
  protected override maySend(): boolean {
    return this.client.connected;
  }
}
