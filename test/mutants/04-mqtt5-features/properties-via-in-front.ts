// Kills: forwardMessage: puts its own name behind those that are there
// The last gateway stands first.
import type { IPublishPacket, MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function forwardMessage(
  client: MqttClient,
  message: IPublishPacket,
  topic: string,
  gateway: string,
): Promise<void> {
  const { contentType, userProperties } = message.properties ?? {};
  const via = [gateway, userProperties?.via ?? []].flat();
  await client.publishAsync(topic, message.payload, {
    qos: 1,
    properties: { ...(contentType && { contentType }), userProperties: { ...userProperties, via } },
  });
}
