// Kills: createAliasPublisher: names the topic again after a reconnect
// The alias is believed to outlive the connection.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export function createAliasPublisher(
  client: MqttClient,
  topic: string,
  alias: number,
): (payload: string) => Promise<void> {
  let isKnown = false;
  return async (payload) => {
    const name = isKnown ? "" : topic;
    isKnown = true;
    await client.publishAsync(name, payload, { qos: 1, properties: { topicAlias: alias } });
  };
}
