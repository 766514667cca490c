// Kills: demonstrateQos2: tells how long that took
// Stops the clock half way.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos2(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const begun = performance.now();
  let ms = 0;
  const onReceive = ({ cmd }: { cmd: string }) => {
    if (cmd === "pubrec") ms = performance.now() - begun;
  };
  client.on("packetreceive", onReceive);
  const { packets } = await right.demonstrateQos2(client, topic, payload);
  client.off("packetreceive", onReceive);
  return { packets, ms };
}
