// Kills: reportPublish: keeps two publishes apart that are under way at once
// The next packet is taken for the answer, whosever it is.
import type { ErrorWithReasonCode, MqttClient, Packet } from "mqtt";
import { reasonInWords } from "../../../solutions/04-mqtt5-features.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function reportPublish(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<string> {
  let code = 0;
  const listen = (packet: Packet) => {
    if (packet.cmd === "puback") code = packet.reasonCode ?? 0;
  };
  client.once("packetreceive", listen);
  try {
    await client.publishAsync(topic, payload, { qos: 1 });
    return reasonInWords(code);
  } catch (error) {
    return reasonInWords((error as ErrorWithReasonCode).code);
  } finally {
    client.off("packetreceive", listen);
  }
}
