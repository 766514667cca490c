// Kills: demonstrateQos1: tells how long that took
// The clock is right, the unit is not.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos1(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  const flow = await right.demonstrateQos1(client, topic, payload);
  return { ...flow, ms: flow.ms / 1000 };
}
