// Kills: compareQosLevels: publishes the same message once at each level
// QoS 0 has no answer, so there seems to be nothing to compare.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function compareQosLevels(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.LevelCost[]> {
  const costs: right.LevelCost[] = [];
  for (const [qos, demonstrate] of [right.demonstrateQos1, right.demonstrateQos2].entries()) {
    const { packets, ms } = await demonstrate(client, topic, payload);
    costs.push({ qos: qos + 1, packets: packets.length, bytes: 0, ms });
  }
  return costs;
}
