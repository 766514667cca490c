// Kills: routeByFilter: resolves when the subscriptions are confirmed
// The call without a promise returns at once.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function routeByFilter(
  client: MqttClient,
  filters: readonly string[],
  tell: (filter: string, payload: string) => void,
): Promise<void> {
  client.on("message", (_topic, payload, { properties }) => {
    for (const identifier of [properties?.subscriptionIdentifier ?? []].flat()) {
      const filter = filters[identifier - 1];
      if (filter !== undefined) tell(filter, payload.toString());
    }
  });
  for (const [index, filter] of filters.entries()) {
    const properties = { subscriptionIdentifier: index + 1 };
    client.subscribe(filter, { qos: 1, properties });
  }
}
