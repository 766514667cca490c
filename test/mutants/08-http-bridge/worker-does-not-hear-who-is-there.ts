// Kills: BridgeWorker: puts into the store what devices say
// Does not subscribe to the status.
import type { MqttClient } from "mqtt";
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override listen(client: MqttClient): void {
    super.listen(client, "replies", "readings");
  }
}
