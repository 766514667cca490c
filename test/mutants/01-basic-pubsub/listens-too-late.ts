// Kills: subscribeWithWildcards: loses nothing that comes with the confirmation
// What comes together with the SUBACK is gone before anybody listens.
import type { MqttClient } from "mqtt";
import { isReading, type Reading } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/01-basic-pubsub.ts";

export async function subscribeWithWildcards(
  client: MqttClient,
  filters: readonly string[],
  onReading: (topic: string, reading: Reading) => void,
): Promise<void> {
  await client.subscribeAsync([...filters], { qos: 1 });
  client.on("message", (topic, payload) => {
    const reading = parse(payload);
    if (isReading(reading)) onReading(topic, reading);
    else console.warn(`no reading on ${topic}`);
  });
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}
