// Kills: CommandSender: claims nothing while there is no line
// Trusts the library to keep what cannot be sent now.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/08-http-bridge.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class CommandSender extends right.CommandSender {
  readonly #state: { isDraining: boolean };

  constructor(client: MqttClient, store: Store, worker: string) {
    const state = { isDraining: false };
    const other = new Proxy(client, {
      get: (_, name) => {
        if (name === "connected" && !state.isDraining) return true;
        const member = Reflect.get(client, name);
        return typeof member === "function" ? member.bind(client) : member;
      },
    });
    super(other, store, worker);
    this.#state = state;
  }

  override async drain(): Promise<void> {
    this.#state.isDraining = true;
    await super.drain();
  }
}
