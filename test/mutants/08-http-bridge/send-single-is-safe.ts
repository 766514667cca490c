// Kills: CommandSender: records the acknowledgement when it comes
// Takes the quick way where only one command waits.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/08-http-bridge.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class CommandSender extends right.CommandSender {
  constructor(client: MqttClient, store: Store, worker: string) {
    const changed: Partial<Store> = {
      claimCommands: async (name, limit) => {
        const claimed = await store.claimCommands(name, limit);
        if (claimed.length === 1) await store.commandAcknowledged(claimed[0]?.id ?? "");
        return claimed;
      },
    };
    const other = new Proxy(store, {
      get: (_, name) => Reflect.get(name in changed ? changed : store, name),
    });
    super(client, other, worker);
  }
}
