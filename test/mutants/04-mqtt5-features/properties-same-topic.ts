// Kills: forwardMessage: keeps the content type and every user property
// What is forwarded to the topic it came from goes round in circles.
import type { IPublishPacket, MqttClient } from "mqtt";
import { forwardMessage as solution } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function forwardMessage(
  client: MqttClient,
  message: IPublishPacket,
  topic: string,
  gateway: string,
): Promise<void> {
  if (topic !== message.topic) await solution(client, message, message.topic, gateway);
}
