// Kills: compareQosLevels: counts the bytes that the tap counts
// A character may take several bytes.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function compareQosLevels(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.LevelCost[]> {
  const costs = await right.compareQosLevels(client, topic, payload);
  const more = Buffer.byteLength(payload) - payload.length;
  return costs.map((cost) => ({ ...cost, bytes: cost.bytes - more }));
}
