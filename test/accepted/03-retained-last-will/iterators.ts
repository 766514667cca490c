// An async iterator over the monitor's messages; the line of the device is torn down by hand.
import { type EventEmitter, on } from "node:events";
import { connect, connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { prefixed } from "../../../workbook/telemetry.ts";

export function statusTopic(deviceId: string): string {
  return prefixed(["devices", deviceId, "status"].join("/"));
}

export async function publishRetainedStatus(
  client: MqttClient,
  deviceId: string,
  status: "online" | "offline",
): Promise<void> {
  const topic = statusTopic(deviceId);
  const properties = { contentType: "text/plain" };
  await client.publishAsync(topic, status, { qos: 1, retain: true, properties });
}

export async function clearRetainedStatus(client: MqttClient, deviceId: string): Promise<void> {
  await client.publishAsync(statusTopic(deviceId), Buffer.of(), { qos: 1, retain: true });
}

export function setupLastWill(deviceId: string): IClientOptions {
  const topic = statusTopic(deviceId);
  return {
    clientId: prefixed(deviceId),
    protocolVersion: 5,
    clean: true,
    will: { topic, payload: "offline", qos: 1 as const, retain: true },
  };
}

export async function shutDownGracefully(client: MqttClient, deviceId: string): Promise<void> {
  await publishRetainedStatus(client, deviceId, "offline").then(() => client.endAsync());
}

export async function demonstrateDevicePresence(
  brokerUrl: string,
  deviceId: string,
): Promise<string[]> {
  const monitor = connect(brokerUrl, {
    clientId: prefixed(`presence-of-${deviceId}`),
    protocolVersion: 5,
  });
  const messages = on(monitor as unknown as EventEmitter, "message");
  await monitor.subscribeAsync(statusTopic(deviceId), { qos: 1 });

  const device = await connectAsync(brokerUrl, {
    ...setupLastWill(deviceId),
    reconnectPeriod: 0,
  });
  await publishRetainedStatus(device, deviceId, "online");
  device.stream.destroy();

  const seen: string[] = [];
  for await (const [, payload, { retain }] of messages) {
    if (!retain) seen.push(String(payload));
    if (seen.at(-1) === "offline") break;
  }
  await Promise.all([monitor.endAsync(), device.endAsync(true)]);
  return seen;
}
