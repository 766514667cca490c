// Kills: demonstrateQos0: tells how long that took
// The time of day is not a duration.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos0(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const flow = await right.demonstrateQos0(client, topic, payload);
  return { ...flow, ms: Date.now() };
}
