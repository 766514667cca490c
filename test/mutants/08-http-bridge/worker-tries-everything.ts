// Kills: BridgeWorker: takes each message for what its topic says
// Lets each of the three functions see whether it can use the message.
import type { IPublishPacket } from "mqtt";
import * as right from "../../../solutions/08-http-bridge.ts";
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override async take(packet: IPublishPacket): Promise<void> {
    const { store } = this.options;
    await right.takeReply(store, packet);
    await right.takeReading(store, packet);
    await right.takePresence(store, packet);
  }
}
