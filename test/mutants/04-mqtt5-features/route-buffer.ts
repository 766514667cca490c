// Kills: routeByFilter: tells the filter that matched, and the payload
// Looks like text when it is printed, and is none.
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
      if (filter !== undefined) tell(filter, payload as unknown as string);
    }
  });
  for (const [index, filter] of filters.entries()) {
    const properties = { subscriptionIdentifier: index + 1 };
    await client.subscribeAsync(filter, { qos: 1, properties });
  }
}
