// Kills: routeByFilter: gives each filter an identifier of its own
// It matches the topics itself, which the broker has done already.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function routeByFilter(
  client: MqttClient,
  filters: readonly string[],
  tell: (filter: string, payload: string) => void,
): Promise<void> {
  const matches = (filter: string, topic: string) => {
    const pattern = filter.replace("+", "[^/]+").replace("/#", "(/.*)?");
    return new RegExp(`^${pattern}$`).test(topic);
  };
  client.on("message", (topic, payload) => {
    for (const filter of filters) if (matches(filter, topic)) tell(filter, payload.toString());
  });
  for (const filter of filters) await client.subscribeAsync(filter, { qos: 1 });
}
