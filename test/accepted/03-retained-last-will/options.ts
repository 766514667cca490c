// What the broker can do for you: retain handling keeps old news away, QoS 2 for the status.
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { prefixed } from "../../../workbook/telemetry.ts";

export const statusTopic = (deviceId: string) => prefixed(`devices/${deviceId}/status`);

export async function publishRetainedStatus(
  client: MqttClient,
  deviceId: string,
  status: "online" | "offline",
): Promise<void> {
  await client.publishAsync(statusTopic(deviceId), status, { retain: true, qos: 2 });
}

export async function clearRetainedStatus(client: MqttClient, deviceId: string): Promise<void> {
  await client.publishAsync(statusTopic(deviceId), "", { retain: true, qos: 2 });
}

export const setupLastWill = (deviceId: string): IClientOptions => ({
  will: { retain: true, qos: 1, payload: "offline", topic: statusTopic(deviceId) },
  keepalive: 20,
  protocolVersion: 5,
  clientId: prefixed(deviceId),
});

export async function shutDownGracefully(client: MqttClient, deviceId: string): Promise<void> {
  await client.publishAsync(statusTopic(deviceId), "offline", { retain: true, qos: 1 });
  await client.endAsync(false, {});
}

export async function demonstrateDevicePresence(
  brokerUrl: string,
  deviceId: string,
): Promise<string[]> {
  const monitor = await connectAsync(brokerUrl, { protocolVersion: 5 });
  const seen: string[] = [];
  let gone = () => {};
  const offline = new Promise<void>((resolve) => {
    gone = resolve;
  });
  monitor.on("message", (_topic, payload) => {
    seen.push(payload.toString());
    if (payload.equals(Buffer.from("offline"))) gone();
  });
  // 2: send nothing that was kept.
  await monitor.subscribeAsync(statusTopic(deviceId), { qos: 1, rh: 2 });
  const device = await connectAsync(brokerUrl, { ...setupLastWill(deviceId), reconnectPeriod: 0 });
  await publishRetainedStatus(device, deviceId, "online");
  await device.endAsync(true);
  await offline;
  await monitor.endAsync();
  return seen;
}
