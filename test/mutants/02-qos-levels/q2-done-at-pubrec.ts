// Kills: demonstrateQos2: resolves only when the broker has said that it is over
// PUBREC says that the broker has it, not that the exchange is over.
import type { MqttClient, Packet } from "mqtt";
import type * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos2(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const begun = performance.now();
  const received = new Promise<number | undefined>((resolve) => {
    const onReceive = ({ cmd, messageId }: Packet) => {
      if (cmd !== "pubrec") return;
      client.off("packetreceive", onReceive);
      resolve(messageId);
    };
    client.on("packetreceive", onReceive);
  });
  client.publish(topic, payload, { qos: 2 });
  const id = await received;
  const packets = [
    { from: "client", type: "publish", id },
    { from: "broker", type: "pubrec", id },
    { from: "client", type: "pubrel", id },
    { from: "broker", type: "pubcomp", id },
  ] as const;
  return { packets, ms: performance.now() - begun };
}
