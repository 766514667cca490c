// Kills: publishSensorData: sends each reading on sensors/<kind>/<room>
// A slash at the start makes another topic, with an empty first level.
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
        `/${prefixed(`sensors/${reading.kind}/${reading.room}`)}`,
        JSON.stringify(reading),
        { qos: 1 },
      ),
    ),
  );
}
