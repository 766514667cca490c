// Kills: reportSubscribe: tells what was granted, filter by filter
// What was asked for is taken for what was granted.
import type { ErrorWithSubackPacket, MqttClient } from "mqtt";
import { grantInWords } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function reportSubscribe(
  client: MqttClient,
  filters: readonly string[],
): Promise<string[]> {
  try {
    await client.subscribeAsync([...filters], { qos: 1 });
    return filters.map(() => grantInWords(1));
  } catch (error) {
    return (error as ErrorWithSubackPacket).packet.granted.map((code) =>
      grantInWords(Number(code)),
    );
  }
}
