// Kills: reportPublish: tells what the broker says
// Nobody acknowledges QoS 0, so there is nothing to tell.
import type { MqttClient } from "mqtt";
import { reasonInWords } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function reportPublish(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<string> {
  await client.publishAsync(topic, payload);
  return reasonInWords(0);
}
