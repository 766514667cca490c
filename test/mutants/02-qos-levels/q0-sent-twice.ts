// Kills: demonstrateQos0: sends its message once, with QoS 0
// Nobody answers, so better send it twice.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function demonstrateQos0(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.Flow> {
  await client.publishAsync(topic, payload, { qos: 0 });
  return right.demonstrateQos0(client, topic, payload);
}
