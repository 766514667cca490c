// Kills: compareQosLevels: counts the bytes that the tap counts
// What the broker answers is left out.
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
  const rel = generate({ cmd: "pubrel", messageId: 1 }, { protocolVersion: 5 }).length;
  return costs.map((cost) => {
    const qos = cost.qos as 0 | 1 | 2;
    const { length } = generate({ ...sent, qos }, { protocolVersion: 5 });
    return { ...cost, bytes: qos === 2 ? length + rel : length };
  });
}
