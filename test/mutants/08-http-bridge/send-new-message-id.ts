// Kills: CommandSender: publishes a command with all that its reply needs
// Gives each message an id of its own, not the command's.

import { randomUUID } from "node:crypto";
import type { IClientPublishOptions, MqttClient, PacketCallback } from "mqtt";
import * as right from "../../../solutions/08-http-bridge.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class CommandSender extends right.CommandSender {
  constructor(client: MqttClient, store: Store, worker: string) {
    const publish = (
      topic: string,
      text: string,
      options: IClientPublishOptions,
      done: PacketCallback,
    ) => {
      const userProperties = { "message-id": randomUUID() };
      const properties = { ...options.properties, userProperties };
      return client.publish(topic, text, { ...options, properties }, done);
    };
    const other = new Proxy(client, {
      get: (_, name) => {
        if (name === "publish") return publish;
        const member = Reflect.get(client, name);
        return typeof member === "function" ? member.bind(client) : member;
      },
    });
    super(other, store, worker);
  }
}
