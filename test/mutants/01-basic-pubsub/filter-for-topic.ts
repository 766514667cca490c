// Kills: subscribeWithWildcards: calls back with topic and reading, for every filter
// The callback gets the filter where the topic of the message belongs; a filter without wildcards hides it.
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
    if (isReading(reading)) onReading(filters[0] ?? topic, reading);
    else console.warn(`no reading on ${topic}`);
  });
  await client.subscribeAsync([...filters], { qos: 1 });
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}
