// Kills: reportPublish: tells what the broker says
// A refusal comes out as an error.
import type { MqttClient, Packet } from "mqtt";
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
  client.on("packetreceive", listen);
  await client.publishAsync(topic, payload, { qos: 1 });
  client.off("packetreceive", listen);
  return reasonInWords(code);
}
