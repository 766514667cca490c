// Kills: demonstrateQos2: sends its message once, with QoS 2
// The right flow of the wrong level.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos2(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  return right.demonstrateQos1(client, topic, payload);
}
