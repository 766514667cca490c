// Kills: demonstrateQos1: sends its message once, with QoS 1
// More is better, and the price is not looked at.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos1(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  return right.demonstrateQos2(client, topic, payload);
}
