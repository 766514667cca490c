// Kills: demonstrateQos1: sends its message once, with QoS 1
// "Keep it until it is delivered" is not what retained means.
import type { MqttClient } from "mqtt";
import type * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos1(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const begun = performance.now();
  const sent = await client.publishAsync(topic, payload, { qos: 1, retain: true });
  const id = sent?.messageId;
  const packets = [
    { from: "client", type: "publish", id },
    { from: "broker", type: "puback", id },
  ] as const;
  return { packets, ms: performance.now() - begun };
}
