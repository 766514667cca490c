// Kills: routeByFilter: tells every filter that matched
// Of several identifiers in one copy only the first is read.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function routeByFilter(
  client: MqttClient,
  filters: readonly string[],
  tell: (filter: string, payload: string) => void,
): Promise<void> {
  client.on("message", (_topic, payload, { properties }) => {
    const [identifier] = [properties?.subscriptionIdentifier ?? []].flat();
    const filter = identifier === undefined ? undefined : filters[identifier - 1];
    if (filter !== undefined) tell(filter, payload.toString());
  });
  for (const [index, filter] of filters.entries()) {
    const properties = { subscriptionIdentifier: index + 1 };
    await client.subscribeAsync(filter, { qos: 1, properties });
  }
}
