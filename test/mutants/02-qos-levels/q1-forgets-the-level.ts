// Kills: demonstrateQos1: sends its message once, with QoS 1
// Without the option the library sends QoS 0.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos1(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  return right.demonstrateQos0(client, topic, payload);
}
