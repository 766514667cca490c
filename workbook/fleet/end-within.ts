import type { MqttClient } from "mqtt";
import { within } from "./within.ts";

/** How long last words may take, in milliseconds. */
const PATIENCE = 1500;

/**
 * Has a client say its last words and leave with a DISCONNECT. One that is not connected, or that takes
 * too long over it, is ended without.
 */
export async function endWithin(client: MqttClient, lastWords: () => Promise<void>): Promise<void> {
  const politely = async () => {
    await lastWords();
    await client.endAsync();
    return true;
  };
  const left =
    client.connected &&
    (await within(
      PATIENCE,
      politely().catch(() => false),
    ));
  if (!left) client.end(true);
}
