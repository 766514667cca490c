// Kills: createAliasPublisher: names the topic once, and then the alias alone
// A right PUBLISH, and no byte saved.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function createAliasPublisher(
  client: MqttClient,
  topic: string,
  alias: number,
): (payload: string) => Promise<void> {
  console.log(`an alias could be ${alias}`);
  return async (payload) => {
    await client.publishAsync(topic, payload, { qos: 1 });
  };
}
