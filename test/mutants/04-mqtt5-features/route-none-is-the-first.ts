// Kills: routeByFilter: leaves alone what carries no identifier
// A message without an identifier is told under the first filter.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function routeByFilter(
  client: MqttClient,
  filters: readonly string[],
  tell: (filter: string, payload: string) => void,
): Promise<void> {
  client.on("message", (_topic, payload, { properties }) => {
    for (const identifier of [properties?.subscriptionIdentifier ?? 1].flat()) {
      const filter = filters[identifier - 1];
      if (filter !== undefined) tell(filter, payload.toString());
    }
  });
  for (const [index, filter] of filters.entries()) {
    const properties = { subscriptionIdentifier: index + 1 };
    await client.subscribeAsync(filter, { qos: 1, properties });
  }
}
