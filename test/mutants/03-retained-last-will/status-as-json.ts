// Kills: publishRetainedStatus: makes the payload the status
// JSON puts quotation marks around a text.
import type { MqttClient } from "mqtt";
import { type DeviceStatus, statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function publishRetainedStatus(
  client: MqttClient,
  deviceId: string,
  status: DeviceStatus,
): Promise<void> {
  await client.publishAsync(statusTopic(deviceId), JSON.stringify(status), {
    qos: 1,
    retain: true,
  });
}
