// Callbacks; bytes instead of text.
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { prefixed } from "../../../workbook/telemetry.ts";

export function statusTopic(deviceId: string): string {
  return prefixed(`devices/${deviceId}/status`);
}

export function publishRetainedStatus(
  client: MqttClient,
  deviceId: string,
  status: "online" | "offline",
): Promise<void> {
  return keep(client, deviceId, Buffer.from(status));
}

export function clearRetainedStatus(client: MqttClient, deviceId: string): Promise<void> {
  return keep(client, deviceId, Buffer.alloc(0));
}

function keep(client: MqttClient, deviceId: string, payload: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.publish(statusTopic(deviceId), payload, { qos: 1, retain: true }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

export function setupLastWill(deviceId: string): IClientOptions {
  const options: IClientOptions = { protocolVersion: 5, clientId: prefixed(deviceId) };
  options.will = {
    topic: statusTopic(deviceId),
    payload: Buffer.from("offline"),
    qos: 1,
    retain: true,
    properties: { willDelayInterval: 0 },
  };
  options.reconnectPeriod = 0;
  return options;
}

export function shutDownGracefully(client: MqttClient, deviceId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    publishRetainedStatus(client, deviceId, "offline").then(
      () => client.end(false, { reasonCode: 0 }, () => resolve()),
      reject,
    );
  });
}

export function demonstrateDevicePresence(brokerUrl: string, deviceId: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const seen: string[] = [];
    const monitor = connect(brokerUrl, {
      clientId: prefixed(`${deviceId}-watcher`),
      protocolVersion: 5,
    });
    monitor.on("error", reject);
    monitor.on("message", (_topic, payload, packet) => {
      if (packet.retain) return;
      seen.push(`${payload}`);
      if (seen.length === 2) monitor.end(false, {}, () => resolve(seen));
    });
    monitor.on("connect", () => {
      monitor.subscribe(statusTopic(deviceId), { qos: 2 }, (error) => {
        if (error) return reject(error);
        const device = connect(brokerUrl, setupLastWill(deviceId));
        device.on("error", reject);
        device.on("connect", () => {
          publishRetainedStatus(device, deviceId, "online").then(
            () => device.stream.destroy(),
            reject,
          );
        });
        // Nobody is left to reconnect.
        device.on("close", () => device.end(true));
      });
    });
  });
}
