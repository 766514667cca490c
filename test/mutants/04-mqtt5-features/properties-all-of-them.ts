// Kills: forwardMessage: leaves behind what belongs to the way it came on
// The receiver's own subscription identifier goes back to the broker.
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
    properties: { ...message.properties, userProperties: { ...userProperties, via } },
  });
}
