// Kills: publishRetainedStatus: leaves the status for who subscribes later
// Without the flag the message is passed on and forgotten.
import type { MqttClient } from "mqtt";
import { type DeviceStatus, statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function publishRetainedStatus(
  client: MqttClient,
  deviceId: string,
  status: DeviceStatus,
): Promise<void> {
  await client.publishAsync(statusTopic(deviceId), status, { qos: 1 });
}
