// Kills: demonstrateQos0: sends its message once, with QoS 0
// QoS 1 is what "sent" sounds like to many.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos0(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  return right.demonstrateQos1(client, topic, payload);
}
