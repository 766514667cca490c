// Kills: publishRetainedStatus: resolves only when the broker has it
// QoS 0 is never acknowledged: nobody knows whether the broker has it.
import type { MqttClient } from "mqtt";
import { type DeviceStatus, statusTopic } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function publishRetainedStatus(
  client: MqttClient,
  deviceId: string,
  status: DeviceStatus,
): Promise<void> {
  await client.publishAsync(statusTopic(deviceId), status, { retain: true });
}
