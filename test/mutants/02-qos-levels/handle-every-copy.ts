// Kills: handleOnce: handles a message once that its publisher sent twice
// At least once is taken for exactly once.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

export function handleOnce(
  client: MqttClient,
  handler: (topic: string, payload: Buffer) => void,
): void {
  client.on("message", (topic, payload) => handler(topic, payload));
}
