// Kills: CommandSender: records why the broker refuses a command
// Says that it was refused, and not why.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/08-http-bridge.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class CommandSender extends right.CommandSender {
  constructor(client: MqttClient, store: Store, worker: string) {
    const changed: Partial<Store> = {
      commandRefused: (id) => store.commandRefused(id, ""),
    };
    const other = new Proxy(store, {
      get: (_, name) => Reflect.get(name in changed ? changed : store, name),
    });
    super(client, other, worker);
  }
}
