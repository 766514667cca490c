// Kills: handleOnce: handles a message once that its publisher sent twice
// Another message may come between the two copies.
import type { MqttClient } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

export function handleOnce(
  client: MqttClient,
  handler: (topic: string, payload: Buffer) => void,
): void {
  let last: string | undefined;
  client.on("message", (topic, payload, { properties }) => {
    const id = properties?.userProperties?.["message-id"]?.toString();
    if (id !== undefined && id === last) return;
    last = id;
    handler(topic, payload);
  });
}
