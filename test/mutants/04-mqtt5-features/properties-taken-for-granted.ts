// Kills: forwardMessage: takes a message without properties
// Most messages have no properties to read from.
import type { IPublishPacket, MqttClient } from "mqtt";
import { forwardMessage as solution } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function forwardMessage(
  client: MqttClient,
  message: IPublishPacket,
  topic: string,
  gateway: string,
): Promise<void> {
  const properties = message.properties as NonNullable<IPublishPacket["properties"]>;
  const { via = [] } = properties.userProperties ?? {};
  console.log(`it came via ${via}`);
  await solution(client, message, topic, gateway);
}
