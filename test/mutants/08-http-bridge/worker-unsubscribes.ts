// Kills: BridgeWorker: gets what came while it was away
// Tidies up when it stops.
import type { MqttClient } from "mqtt";
import { topicOf } from "../../../workbook/bridge/topics.ts";
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override async leave(client: MqttClient): Promise<void> {
    if (client.connected) {
      await client.unsubscribeAsync(topicOf("+", "readings")).catch(() => {});
    }
    await super.leave(client);
  }
}
