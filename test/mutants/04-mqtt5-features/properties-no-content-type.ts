// Kills: forwardMessage: keeps the content type and every user property
// Who receives it has to guess what the payload is.
import type { IPublishPacket, MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function forwardMessage(
  client: MqttClient,
  message: IPublishPacket,
  topic: string,
  gateway: string,
): Promise<void> {
  const { userProperties } = message.properties ?? {};
  const via = [userProperties?.via ?? [], gateway].flat();
  await client.publishAsync(topic, message.payload, {
    qos: 1,
    properties: { userProperties: { ...userProperties, via } },
  });
}
