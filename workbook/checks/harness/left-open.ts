import type { MqttClient } from "mqtt";
import { type Desk, sent } from "./desk.ts";
import { roundTrip } from "./held.ts";

/**
 * After an answer is through: who is still connected, or waits to connect again, in words.
 *
 * @param clients those that the answer made
 * @returns undefined when all have gone
 */
export async function stillThere(
  desk: Desk,
  clients: ReadonlySet<MqttClient>,
): Promise<string | undefined> {
  const own = [...clients];
  const open = new Error("still open");
  for (const { connection } of desk.frames(sent("connect"))) {
    const isItsEnd = desk.sees(
      (entry) => entry.kind === "closed" && entry.connection === connection,
      () => open,
    );
    try {
      await isItsEnd;
    } catch (error) {
      if (error === open) return `${connection.name} is still connected`;
      throw error;
    }
  }
  await roundTrip(desk);
  const waiting = own.find((client) => client.reconnecting);
  return waiting && `${waiting.options.clientId} waits to connect again`;
}
