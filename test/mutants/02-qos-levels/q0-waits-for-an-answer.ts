// Kills: demonstrateQos0: sends its message once, with QoS 0
// Waits for a packet that never comes.
import type { MqttClient } from "mqtt";
import type * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos0(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const begun = performance.now();
  const answer = new Promise((resolve) => client.once("packetreceive", resolve));
  await client.publishAsync(topic, payload, { qos: 0 });
  await answer;
  const packets = [{ from: "client", type: "publish", id: undefined }] as const;
  return { packets, ms: performance.now() - begun };
}
