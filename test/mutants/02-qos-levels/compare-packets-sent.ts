// Kills: compareQosLevels: counts the packets in both directions
// The answers are packets too.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function compareQosLevels(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.LevelCost[]> {
  const costs = await right.compareQosLevels(client, topic, payload);
  return costs.map((cost) => ({ ...cost, packets: cost.qos === 2 ? 2 : 1 }));
}
