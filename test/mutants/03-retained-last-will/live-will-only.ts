// Kills: demonstrateDevicePresence: leaves offline for who comes later
// The monitor hears the will, and the broker goes on keeping the birth message.
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
    monitor.on("message", (_topic, payload, { retain }) => {
      if (retain) return;
      seen.push(payload.toString());
      if (seen.at(-1) === "offline") resolve();
    });
  });
  await monitor.subscribeAsync(statusTopic(deviceId), { qos: 1 });
  const will = { topic: statusTopic(deviceId), payload: "offline", qos: 1, retain: false } as const;
  const device = await connectAsync(brokerUrl, { ...setupLastWill(deviceId), will });
  await publishRetainedStatus(device, deviceId, "online");
  device.end(true);
  await over;
  await monitor.endAsync();
  return seen;
}
