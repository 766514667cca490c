// Kills: handleOnce: takes two messages that say the same for two
// The same words, but said twice.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

export function handleOnce(
  client: MqttClient,
  handler: (topic: string, payload: Buffer) => void,
): void {
  const seen = new Set<string>();
  client.on("message", (topic, payload) => {
    const content = `${topic} ${payload}`;
    if (seen.has(content)) return;
    seen.add(content);
    handler(topic, payload);
  });
}
