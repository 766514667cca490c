// Kills: reportPublish: tells what the broker says
// Whatever does not fail is a success, also where nobody receives it.
import type { ErrorWithReasonCode, MqttClient } from "mqtt";
import { reasonInWords } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function reportPublish(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<string> {
  try {
    await client.publishAsync(topic, payload, { qos: 1 });
    return reasonInWords(0);
  } catch (error) {
    return reasonInWords((error as ErrorWithReasonCode).code);
  }
}
