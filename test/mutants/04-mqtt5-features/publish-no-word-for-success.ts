// Kills: reportPublish: tells what the broker says
// The library's table has no word for success.
import { type MqttClient, ReasonCodes } from "mqtt";
import { reportPublish as solution } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function reportPublish(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<string> {
  const words = await solution(client, topic, payload);
  return words === "0 Success" ? `0 ${ReasonCodes[0]}` : words;
}
