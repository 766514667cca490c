// Kills: observeEffectiveQos: keeps to its own names on a shared broker
// A whole class measures under one name.
import { randomUUID } from "node:crypto";
import { connectAsync } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

const levels = [0, 1, 2] as const;

export async function observeEffectiveQos(brokerUrl: string): Promise<number[][]> {
  const base = `qos-${randomUUID()}`;
  const client = await connectAsync(brokerUrl, { protocolVersion: 5 });
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
