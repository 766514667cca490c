// Kills: forwardMessage: takes a message without properties
// A message without properties goes on without any.
import type { IPublishPacket, MqttClient } from "mqtt";
import { forwardMessage as solution } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function forwardMessage(
  client: MqttClient,
  message: IPublishPacket,
  topic: string,
  gateway: string,
): Promise<void> {
  if (message.properties) await solution(client, message, topic, gateway);
  else await client.publishAsync(topic, message.payload, { qos: 1 });
}
