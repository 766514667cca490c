// Kills: demonstrateDevicePresence: resolves when the monitor has seen the end
// It returns what it expects to see, not what the monitor saw.
import { connectAsync } from "mqtt";
import {
  publishRetainedStatus,
  setupLastWill,
  statusTopic,
} from "../../../solutions/03-retained-last-will.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/03-retained-last-will.ts";

export async function demonstrateDevicePresence(
  brokerUrl: string,
  deviceId: string,
): Promise<string[]> {
  const monitor = await connectAsync(brokerUrl, {
    clientId: prefixed(`monitor-of-${deviceId}`),
    protocolVersion: 5,
  });
  await monitor.subscribeAsync(statusTopic(deviceId), { qos: 1 });
  const device = await connectAsync(brokerUrl, setupLastWill(deviceId));
  await publishRetainedStatus(device, deviceId, "online");
  device.end(true);
  monitor.end();
  return ["online", "offline"];
}
