// Kills: forwardMessage: passes the payload on byte for byte
// Bytes that are no text come out as others.
import type { IPublishPacket, MqttClient } from "mqtt";
import { forwardMessage as solution } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function forwardMessage(
  client: MqttClient,
  message: IPublishPacket,
  topic: string,
  gateway: string,
): Promise<void> {
  const payload = message.payload.toString();
  await solution(client, { ...message, payload }, topic, gateway);
}
