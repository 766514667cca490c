// Kills: compareQosLevels: publishes the same message once at each level
// Three different messages cannot be compared.

import type { Socket } from "node:net";
import type { MqttClient } from "mqtt";
import type * as right from "../../../solutions/02-qos-levels.ts";

export * from "../../../solutions/02-qos-levels.ts";

export async function compareQosLevels(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<right.LevelCost[]> {
  const line = client.stream as Socket;
  const costs: right.LevelCost[] = [];
  for (const [qos, packets] of [1, 2, 4].entries()) {
    const before = line.bytesWritten + line.bytesRead;
    const begun = performance.now();
    await client.publishAsync(topic, `${payload}${qos}`, { qos: qos as 0 | 1 | 2 });
    const bytes = line.bytesWritten + line.bytesRead - before;
    costs.push({ qos, packets, bytes, ms: performance.now() - begun });
  }
  return costs;
}
