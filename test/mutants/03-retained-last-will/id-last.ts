// Kills: publishRetainedStatus: publishes on devices/<id>/status
// The levels in another order: nobody looks there.
import type { MqttClient } from "mqtt";
import type { DeviceStatus } from "../../../solutions/03-retained-last-will.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function publishRetainedStatus(
  client: MqttClient,
  deviceId: string,
  status: DeviceStatus,
): Promise<void> {
  const topic = prefixed(`devices/status/${deviceId}`);
  await client.publishAsync(topic, status, { qos: 1, retain: true });
}
