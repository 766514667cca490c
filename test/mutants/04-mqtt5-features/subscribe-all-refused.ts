// Kills: reportSubscribe: tells one that is refused among granted ones
// One refusal is told of all, though the others are live.
import type { ErrorWithSubackPacket, MqttClient } from "mqtt";
import { grantInWords } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function reportSubscribe(
  client: MqttClient,
  filters: readonly string[],
): Promise<string[]> {
  try {
    const grants = await client.subscribeAsync([...filters], { qos: 1 });
    return grants.map(({ qos }) => grantInWords(qos));
  } catch (error) {
    const { granted } = (error as ErrorWithSubackPacket).packet;
    const refusal = granted.map(Number).find((code) => code >= 128) ?? 128;
    return filters.map(() => grantInWords(refusal));
  }
}
