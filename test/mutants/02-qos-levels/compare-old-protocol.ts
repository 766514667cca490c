// Kills: compareQosLevels: counts the bytes that the tap counts
// MQTT 3.1.1 has no properties, so its PUBLISH is a byte shorter.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function compareQosLevels(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.LevelCost[]> {
  const costs = await right.compareQosLevels(client, topic, payload);
  return costs.map((cost) => ({ ...cost, bytes: cost.bytes - 1 }));
}
