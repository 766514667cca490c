// Kills: forwardMessage: keeps the content type and every user property
// The gateway's own user property takes the place of all others.
import type { IPublishPacket, MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function forwardMessage(
  client: MqttClient,
  message: IPublishPacket,
  topic: string,
  gateway: string,
): Promise<void> {
  const { contentType, userProperties } = message.properties ?? {};
  const via = [userProperties?.via ?? [], gateway].flat();
  await client.publishAsync(topic, message.payload, {
    qos: 1,
    properties: { ...(contentType && { contentType }), userProperties: { via } },
  });
}
