// Kills: compareQosLevels: counts the bytes that the tap counts
// Four bytes is the shortest an answer can be, not what it is.
import type { MqttClient } from "mqtt";
import { generate } from "mqtt-packet";
import * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function compareQosLevels(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.LevelCost[]> {
  const costs = await right.compareQosLevels(client, topic, payload);
  const sent = { topic, payload, cmd: "publish", dup: false, retain: false, messageId: 1 } as const;
  return costs.map((cost) => {
    const qos = cost.qos as 0 | 1 | 2;
    const { length } = generate({ ...sent, qos }, { protocolVersion: 5 });
    return { ...cost, bytes: length + 4 * (cost.packets - 1) };
  });
}
