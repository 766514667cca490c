// Kills: CommandSender: claims no more than the broker takes
// Claims whatever waits.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/08-http-bridge.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class CommandSender extends right.CommandSender {
  constructor(client: MqttClient, store: Store, worker: string) {
    const changed: Partial<Store> = {
      claimCommands: (name) => store.claimCommands(name, 1000),
    };
    const other = new Proxy(store, {
      get: (_, name) => Reflect.get(name in changed ? changed : store, name),
    });
    super(client, other, worker);
  }
}
