// Kills: handleOnce: handles a message once that its publisher sent twice
// The packet identifier belongs to one hop: the second copy has another.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

export function handleOnce(
  client: MqttClient,
  handler: (topic: string, payload: Buffer) => void,
): void {
  const seen = new Set<number | undefined>();
  client.on("message", (topic, payload, { messageId }) => {
    if (seen.has(messageId)) return;
    seen.add(messageId);
    handler(topic, payload);
  });
}
