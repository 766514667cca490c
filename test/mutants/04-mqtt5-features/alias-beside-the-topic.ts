// Kills: createAliasPublisher: names the topic once, and then the alias alone
// The name goes out each time, and the alias comes on top.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function createAliasPublisher(
  client: MqttClient,
  topic: string,
  alias: number,
): (payload: string) => Promise<void> {
  return async (payload) => {
    await client.publishAsync(topic, payload, { qos: 1, properties: { topicAlias: alias } });
  };
}
