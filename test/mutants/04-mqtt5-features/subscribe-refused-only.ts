// Kills: reportSubscribe: tells one that is refused among granted ones
// Which filter the refusal is about cannot be told.
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
    return granted
      .map(Number)
      .filter((code) => code >= 128)
      .map(grantInWords);
  }
}
