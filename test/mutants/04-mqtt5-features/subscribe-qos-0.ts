// Kills: reportSubscribe: asks for all filters at once, with QoS 1
// Without a QoS the library asks for 0.
import type { ErrorWithSubackPacket, MqttClient } from "mqtt";
import { grantInWords } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function reportSubscribe(
  client: MqttClient,
  filters: readonly string[],
): Promise<string[]> {
  const codes = await client.subscribeAsync([...filters]).then(
    (grants) => grants.map(({ qos }) => qos),
    (error: ErrorWithSubackPacket) => error.packet.granted,
  );
  return codes.map((code) => grantInWords(Number(code)));
}
