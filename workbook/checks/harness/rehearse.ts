import { drawDiagram } from "../../wire/diagram.ts";
import { openDesk } from "./desk.ts";
import { roundTrip } from "./held.ts";

/**
 * Do once what checks do: connect, subscribe, publish, draw. Then the code that all of them use has run, and
 * the first real check does not wait for it.
 *
 * @param salt makes the names that it uses its own
 */
export async function rehearse(salt: string): Promise<void> {
  const desk = await openDesk(process.pid, salt);
  try {
    const client = await desk.client("rehearsal");
    const topic = desk.id("rehearsal");
    const heard = new Promise((resolve) => client.once("message", resolve));
    await client.subscribeAsync(topic, { qos: 2 });
    for (const qos of [0, 1, 2] as const) await client.publishAsync(topic, "{}", { qos });
    await heard;
    await roundTrip(desk);
    drawDiagram(desk.entries(), 80);
  } finally {
    await desk.close();
  }
}
