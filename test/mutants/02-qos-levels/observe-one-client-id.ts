// Kills: observeEffectiveQos: keeps to its own names on a shared broker
// Two clients of one id throw each other out.
import { randomUUID } from "node:crypto";
import { connectAsync } from "mqtt";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/02-qos-levels.ts";

const levels = [0, 1, 2] as const;

export async function observeEffectiveQos(brokerUrl: string): Promise<number[][]> {
  const base = prefixed(`qos-${randomUUID()}`);
  const client = await connectAsync(brokerUrl, {
    clientId: `observer-${process.pid}`,
    protocolVersion: 5,
  });
  const matrix: number[][] = [];
  for (const qos of levels) await client.subscribeAsync(`${base}/${qos}`, { qos });
  for (const published of levels) {
    const row: number[] = [];
    for (const subscribed of levels) {
      const arrival = new Promise<number>((resolve) => {
        client.once("message", (_topic, _payload, { qos }) => resolve(qos));
      });
      await client.publishAsync(`${base}/${subscribed}`, "", { qos: published });
      row.push(await arrival);
    }
    matrix.push(row);
  }
  await client.endAsync();
  return matrix;
}
