// Kills: BridgeWorker: leaves when what it has begun is done
// Leaves without a word.
import type { MqttClient } from "mqtt";
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override async leave(client: MqttClient): Promise<void> {
    const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
    client.end(true);
    await closed;
  }
}
