// Kills: CommandSender: does not take a line that breaks for a refusal
// Takes each error for the broker's.
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
    ) =>
      client.publish(topic, text, options, (error) =>
        done(error ? Object.assign(error, { code: 135 }) : undefined),
      );
    const refusing = new Proxy(client, {
      get: (_, name) => {
        const member: unknown = name === "publish" ? publish : Reflect.get(client, name);
        return typeof member === "function" ? member.bind(client) : member;
      },
    });
    super(refusing, store, worker);
  }
}
