// Kills: BridgeWorker: stops also where there is no line
// Does not leave before it has said goodbye.
import type { MqttClient } from "mqtt";
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override async leave(client: MqttClient): Promise<void> {
    if (!client.connected) await new Promise((resolve) => client.once("connect", resolve));
    await super.leave(client);
  }
}
