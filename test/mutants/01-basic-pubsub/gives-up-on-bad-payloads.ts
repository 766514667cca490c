// Kills: subscribeWithWildcards: survives a payload that is not JSON
// One broken sensor ends the display: it stops listening at the first bad payload.
import type { MqttClient } from "mqtt";
import { isReading, type Reading } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/01-basic-pubsub.ts";

export async function subscribeWithWildcards(
  client: MqttClient,
  filters: readonly string[],
  onReading: (topic: string, reading: Reading) => void,
): Promise<void> {
  client.on("message", (topic, payload) => {
    try {
      const reading: unknown = JSON.parse(payload.toString());
      if (!isReading(reading)) throw new Error("no reading");
      onReading(topic, reading);
    } catch (error) {
      console.warn(`giving up on ${topic}: ${error}`);
      client.removeAllListeners("message");
    }
  });
  await client.subscribeAsync([...filters], { qos: 1 });
}
