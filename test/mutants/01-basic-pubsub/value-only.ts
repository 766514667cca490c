// Kills: publishSensorData: makes the payload the reading as JSON
// Only the number goes out, without its unit.
import type { MqttClient } from "mqtt";
import { prefixed, type Reading } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/01-basic-pubsub.ts";

export async function publishSensorData(
  client: MqttClient,
  readings: readonly Reading[],
): Promise<void> {
  await Promise.all(
    readings.map((reading) =>
      client.publishAsync(
        prefixed(`sensors/${reading.kind}/${reading.room}`),
        String(reading.value),
        { qos: 1 },
      ),
    ),
  );
}
