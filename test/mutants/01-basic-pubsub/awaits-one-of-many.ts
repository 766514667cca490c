// Kills: publishSensorData: resolves only when the broker has every reading
// The first acknowledgement does not speak for the others.
import type { MqttClient } from "mqtt";
import { prefixed, type Reading } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/01-basic-pubsub.ts";

export async function publishSensorData(
  client: MqttClient,
  readings: readonly Reading[],
): Promise<void> {
  await Promise.race(
    readings.map((reading) =>
      client.publishAsync(
        prefixed(`sensors/${reading.kind}/${reading.room}`),
        JSON.stringify(reading),
        { qos: 1 },
      ),
    ),
  );
}
