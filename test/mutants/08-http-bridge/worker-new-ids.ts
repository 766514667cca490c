// Kills: BridgeWorker: publishes again what kill -9 left unfinished
// Gives a command another id each time that it is published.
import { randomUUID } from "node:crypto";
import type { IClientPublishOptions, MqttClient, PacketCallback } from "mqtt";
import * as right from "../../../solutions/08-http-bridge.ts";
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

function withNewIds(client: MqttClient): MqttClient {
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
  return new Proxy(client, {
    get: (_, name) => {
      const member = name === "publish" ? publish : Reflect.get(client, name);
      return typeof member === "function" ? member.bind(client) : member;
    },
  });
}

export class BridgeWorker extends WorkerInParts {
  protected override sender(client: MqttClient): right.CommandSender {
    return new right.CommandSender(withNewIds(client), this.options.store, this.options.name);
  }
}
