// Kills: subscribeWithWildcards: survives a payload that is not JSON
// JSON.parse throws where nobody can catch it.
import type { MqttClient } from "mqtt";
import { isReading, type Reading } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/01-basic-pubsub.ts";

export async function subscribeWithWildcards(
  client: MqttClient,
  filters: readonly string[],
  onReading: (topic: string, reading: Reading) => void,
): Promise<void> {
  client.on("message", (topic, payload) => {
    const reading = JSON.parse(payload.toString());
    if (isReading(reading)) onReading(topic, reading);
    else console.warn(`no reading on ${topic}`);
  });
  await client.subscribeAsync([...filters], { qos: 1 });
}
