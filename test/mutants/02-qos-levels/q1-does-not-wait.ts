// Kills: demonstrateQos1: resolves only when the broker has said that it is over
// The PUBACK in the flow is a promise that nobody made.
import type { MqttClient } from "mqtt";
import type * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos1(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const begun = performance.now();
  client.publish(topic, payload, { qos: 1 });
  const id = client.getLastMessageId();
  const packets = [
    { from: "client", type: "publish", id },
    { from: "broker", type: "puback", id },
  ] as const;
  return { packets, ms: performance.now() - begun };
}
