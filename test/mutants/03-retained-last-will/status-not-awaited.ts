// Kills: publishRetainedStatus: resolves only when the broker has it
// The call without a promise returns at once.
import type { MqttClient } from "mqtt";
import { type DeviceStatus, statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function publishRetainedStatus(
  client: MqttClient,
  deviceId: string,
  status: DeviceStatus,
): Promise<void> {
  client.publish(statusTopic(deviceId), status, { qos: 1, retain: true });
}
