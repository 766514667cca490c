// Kills: reportPublish: tells what the broker says
// Whatever is refused is told as not authorized.
import type { MqttClient } from "mqtt";
import { reasonInWords, reportPublish as solution } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function reportPublish(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<string> {
  const words = await solution(client, topic, payload);
  return Number.parseInt(words, 10) < 128 ? words : reasonInWords(135);
}
