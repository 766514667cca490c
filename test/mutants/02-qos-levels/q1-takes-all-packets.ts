// Kills: demonstrateQos1: returns the packets of its message, and no others
// What the client receives from others gets into the flow.
import type { MqttClient, Packet } from "mqtt";
import type * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos1(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const packets: right.FlowPacket[] = [];
  const onSend = ({ cmd, messageId }: Packet) =>
    packets.push({ from: "client", type: cmd, id: messageId });
  const onReceive = ({ cmd, messageId }: Packet) =>
    packets.push({ from: "broker", type: cmd, id: messageId });
  const begun = performance.now();
  client.on("packetsend", onSend).on("packetreceive", onReceive);
  await client.publishAsync(topic, payload, { qos: 1 });
  client.off("packetsend", onSend).off("packetreceive", onReceive);
  return { packets, ms: performance.now() - begun };
}
