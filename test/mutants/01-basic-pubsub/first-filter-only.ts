// Kills: subscribeWithWildcards: calls back with topic and reading, for every filter
// Only one of the filters is subscribed.
import type { MqttClient } from "mqtt";
import { isReading, type Reading } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/01-basic-pubsub.ts";

export async function subscribeWithWildcards(
  client: MqttClient,
  filters: readonly string[],
  onReading: (topic: string, reading: Reading) => void,
): Promise<void> {
  client.on("message", (topic, payload) => {
    const reading = parse(payload);
    if (isReading(reading)) onReading(topic, reading);
    else console.warn(`no reading on ${topic}`);
  });
  await client.subscribeAsync(filters[0] ?? "#", { qos: 1 });
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}
