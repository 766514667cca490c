// Kills: publishSensorData: sends each reading on sensors/<kind>/<room>
// All readings in one message: nobody can subscribe to one room.
import type { MqttClient } from "mqtt";
import { prefixed, type Reading } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/01-basic-pubsub.ts";

export async function publishSensorData(
  client: MqttClient,
  readings: readonly Reading[],
): Promise<void> {
  await client.publishAsync(prefixed("sensors"), JSON.stringify(readings), { qos: 1 });
}
