// Kills: demonstrateQos0: returns the packets of its message, and no others
// When publish returns, the packet has left.
import type { MqttClient } from "mqtt";
import type * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos0(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const begun = performance.now();
  const published = client.publishAsync(topic, payload, { qos: 0 });
  const packets: right.FlowPacket[] = [];
  const onSend = (packet: { cmd: right.FlowPacket["type"] }) =>
    packets.push({ from: "client", type: packet.cmd, id: undefined });
  client.on("packetsend", onSend);
  await published;
  client.off("packetsend", onSend);
  return { packets, ms: performance.now() - begun };
}
