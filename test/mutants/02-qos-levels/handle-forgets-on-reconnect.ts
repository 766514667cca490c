// Kills: handleOnce: handles a message once whose acknowledgement was lost
// The memory ends with the connection, and a copy comes on the next one.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

export function handleOnce(
  client: MqttClient,
  handler: (topic: string, payload: Buffer) => void,
): void {
  const seen = new Set<string>();
  client.on("close", () => seen.clear());
  client.on("message", (topic, payload, { properties }) => {
    const id = properties?.userProperties?.["message-id"]?.toString();
    if (id !== undefined && seen.has(id)) return;
    if (id !== undefined) seen.add(id);
    handler(topic, payload);
  });
}
