// Kills: handleOnce: handles a message that it sees first with DUP set
// It knows ids, and drops what is marked DUP all the same.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

export function handleOnce(
  client: MqttClient,
  handler: (topic: string, payload: Buffer) => void,
): void {
  const seen = new Set<string>();
  client.on("message", (topic, payload, { dup, properties }) => {
    const id = properties?.userProperties?.["message-id"]?.toString();
    if (dup || (id !== undefined && seen.has(id))) return;
    if (id !== undefined) seen.add(id);
    handler(topic, payload);
  });
}
