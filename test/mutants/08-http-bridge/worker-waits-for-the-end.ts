// Kills: BridgeWorker: stops also when the line breaks meanwhile
// Counts on the library to come to an end.
import type { MqttClient } from "mqtt";
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override async leave(client: MqttClient): Promise<void> {
    await client.endAsync(!client.connected);
  }
}
