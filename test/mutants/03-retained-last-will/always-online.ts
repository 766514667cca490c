// Kills: publishRetainedStatus: makes the payload the status
// It says online, whatever it is asked to say.
import type { MqttClient } from "mqtt";
import { type DeviceStatus, statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function publishRetainedStatus(
  client: MqttClient,
  deviceId: string,
  _status: DeviceStatus,
): Promise<void> {
  await client.publishAsync(statusTopic(deviceId), "online", { qos: 1, retain: true });
}
