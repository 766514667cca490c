// Kills: compareQosLevels: times each level by itself
// One beginning for all three.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function compareQosLevels(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.LevelCost[]> {
  let before = 0;
  const costs = await right.compareQosLevels(client, topic, payload);
  return costs.map((cost) => {
    before += cost.ms;
    return { ...cost, ms: before };
  });
}
