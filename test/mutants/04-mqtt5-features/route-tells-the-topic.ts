// Kills: routeByFilter: tells the filter that matched, and the payload
// The topic is not the filter that matched it.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function routeByFilter(
  client: MqttClient,
  filters: readonly string[],
  tell: (filter: string, payload: string) => void,
): Promise<void> {
  client.on("message", (topic, payload, { properties }) => {
    if (properties?.subscriptionIdentifier) tell(topic, payload.toString());
  });
  for (const [index, filter] of filters.entries()) {
    const properties = { subscriptionIdentifier: index + 1 };
    await client.subscribeAsync(filter, { qos: 1, properties });
  }
}
