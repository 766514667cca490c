// Kills: BridgeWorker: goes on after an outage of the broker
// Tries again when the broker says no, and not when nobody says anything.
import type { IClientOptions, MqttClient } from "mqtt";
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override connectOptions(): IClientOptions {
    return { ...super.connectOptions(), reconnectPeriod: 0 };
  }

  protected override listen(client: MqttClient): void {
    super.listen(client);
    client.on("error", (error) => {
      if ("code" in error && typeof error.code === "number")
        client.once("close", () => client.reconnect());
    });
  }
}
