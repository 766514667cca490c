// Kills: forwardMessage: keeps the content type and every user property
// A name that stands there twice is taken for one that stands there once.
import type { IPublishPacket, MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function forwardMessage(
  client: MqttClient,
  message: IPublishPacket,
  topic: string,
  gateway: string,
): Promise<void> {
  const { contentType, userProperties = {} } = message.properties ?? {};
  const via = [userProperties.via ?? [], gateway].flat();
  const single = Object.entries(userProperties).map(([name, value]) => [name, [value].flat()[0]]);
  await client.publishAsync(topic, message.payload, {
    qos: 1,
    properties: {
      ...(contentType && { contentType }),
      userProperties: { ...Object.fromEntries(single), via },
    },
  });
}
