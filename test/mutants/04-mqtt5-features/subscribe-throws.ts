// Kills: reportSubscribe: tells one that is refused among granted ones
// One refusal makes an error of the whole answer.
import type { MqttClient } from "mqtt";
import { grantInWords } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function reportSubscribe(
  client: MqttClient,
  filters: readonly string[],
): Promise<string[]> {
  const grants = await client.subscribeAsync([...filters], { qos: 1 });
  return grants.map(({ qos }) => grantInWords(qos));
}
