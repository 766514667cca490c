// Kills: reportPublish: leaves no listener behind
// Each publish leaves a listener on the client.
import type { ErrorWithReasonCode, MqttClient } from "mqtt";
import { reasonInWords } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function reportPublish(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<string> {
  const codes = new Map<number | undefined, number>();
  client.on("packetreceive", (packet) => {
    if (packet.cmd === "puback") codes.set(packet.messageId, packet.reasonCode ?? 0);
  });
  try {
    const published = await client.publishAsync(topic, payload, { qos: 1 });
    return reasonInWords(codes.get(published?.messageId) ?? 0);
  } catch (error) {
    return reasonInWords((error as ErrorWithReasonCode).code);
  }
}
