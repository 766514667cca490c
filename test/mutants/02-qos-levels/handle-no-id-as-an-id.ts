// Kills: handleOnce: handles every message that has no id
// No id at all is taken for an id: only the first of them gets through.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

export function handleOnce(
  client: MqttClient,
  handler: (topic: string, payload: Buffer) => void,
): void {
  const seen = new Set<unknown>();
  client.on("message", (topic, payload, { properties }) => {
    const id = properties?.userProperties?.["message-id"];
    if (seen.has(id)) return;
    seen.add(id);
    handler(topic, payload);
  });
}
