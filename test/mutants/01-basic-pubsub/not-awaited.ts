// Kills: publishSensorData: resolves only when the broker has every reading
// forEach does not wait for the promises.
import type { MqttClient } from "mqtt";
import { prefixed, type Reading } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/01-basic-pubsub.ts";

export async function publishSensorData(
  client: MqttClient,
  readings: readonly Reading[],
): Promise<void> {
  readings.forEach(async (reading) => {
    await client.publishAsync(
      prefixed(`sensors/${reading.kind}/${reading.room}`),
      JSON.stringify(reading),
      {
        qos: 1,
      },
    );
  });
}
