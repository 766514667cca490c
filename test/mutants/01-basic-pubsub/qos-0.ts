// Kills: publishSensorData: resolves only when the broker has every reading
// QoS 0 is never acknowledged: nobody knows whether the broker has it.
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
        JSON.stringify(reading),
        { qos: 0 },
      ),
    ),
  );
}
