// Kills: subscribeWithWildcards: hands on nothing that is no reading
// It reports what is no reading, and hands it on all the same.
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
    if (!isReading(reading)) console.warn(`no reading on ${topic}`);
    onReading(topic, reading as Reading);
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
