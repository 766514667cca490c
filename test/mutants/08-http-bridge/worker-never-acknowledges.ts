// Kills: BridgeWorker: acknowledges a message when the store has it
// Never says that it is done.
import type { IPublishPacket } from "mqtt";
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override handle(packet: IPublishPacket): void {
    this.taking = this.take(packet);
  }
}
