// Kills: routeByFilter: gives each filter an identifier of its own
// One SUBSCRIBE has one identifier, for all filters in it.
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
  await client.subscribeAsync([...filters], { qos: 1, properties: { subscriptionIdentifier: 1 } });
}
