// Kills: CommandSender: leaves alone what another worker has claimed
// Every worker has the same name, and gives back what another one has claimed.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/08-http-bridge.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class CommandSender extends right.CommandSender {
  constructor(client: MqttClient, store: Store) {
    void store.releaseClaims("worker");
    super(client, store, "worker");
  }
}
