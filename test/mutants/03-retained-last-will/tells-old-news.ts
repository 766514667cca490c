// Kills: demonstrateDevicePresence: tells online, then offline, every time
// The kept offline of an earlier run comes first, and looks like the end.
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
  const seen: string[] = [];
  const over = new Promise<void>((resolve) => {
    monitor.on("message", (_topic, payload) => {
      seen.push(payload.toString());
      if (seen.at(-1) === "offline") resolve();
    });
  });
  await monitor.subscribeAsync(statusTopic(deviceId), { qos: 1 });
  const device = await connectAsync(brokerUrl, setupLastWill(deviceId));
  await publishRetainedStatus(device, deviceId, "online");
  device.end(true);
  await over;
  await monitor.endAsync();
  return seen;
}
