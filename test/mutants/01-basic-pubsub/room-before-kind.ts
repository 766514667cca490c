// Kills: publishSensorData: sends each reading on sensors/<kind>/<room>
// The levels are the wrong way round.
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
        prefixed(`sensors/${reading.room}/${reading.kind}`),
        JSON.stringify(reading),
        { qos: 1 },
      ),
    ),
  );
}
