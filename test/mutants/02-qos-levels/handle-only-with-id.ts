// Kills: handleOnce: handles every message that has no id
// A message without an id is dropped.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

export function handleOnce(
  client: MqttClient,
  handler: (topic: string, payload: Buffer) => void,
): void {
  const seen = new Set<string>();
  client.on("message", (topic, payload, { properties }) => {
    const id = properties?.userProperties?.["message-id"]?.toString();
    if (id === undefined || seen.has(id)) return;
    seen.add(id);
    handler(topic, payload);
  });
}
