// Kills: publishRetainedStatus: publishes on devices/<id>/status
// A topic without the prefix is everybody's: a class on one broker would share its lamps.
import type { MqttClient } from "mqtt";
import type { DeviceStatus } from "../../../solutions/03-retained-last-will.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function publishRetainedStatus(
  client: MqttClient,
  deviceId: string,
  status: DeviceStatus,
): Promise<void> {
  await client.publishAsync(`devices/${deviceId}/status`, status, { qos: 1, retain: true });
}
