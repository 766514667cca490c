// Kills: handleOnce: handles a message once that its publisher sent twice
// DUP is of this hop alone: both copies come without it.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

export function handleOnce(
  client: MqttClient,
  handler: (topic: string, payload: Buffer) => void,
): void {
  client.on("message", (topic, payload, { dup }) => {
    if (!dup) handler(topic, payload);
  });
}
