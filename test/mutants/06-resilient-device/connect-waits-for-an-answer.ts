// Kills: connectDevice: gives up a CONNECT that nobody answers
// Knows how long the line may be silent once it stands, and leaves the time before that to the library.
import { connect, type MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function connectDevice(options: right.DeviceOptions): MqttClient {
  const { brokerUrl, deviceId, login, keepaliveSeconds, backoff, random, onGiveUp } = options;
  let attempt = 0;
  const nextDelay = () => Math.max(1, right.backoffDelay(attempt++, backoff, random));
  const client = connect(brokerUrl, {
    ...login,
    clientId: prefixed(deviceId),
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
    keepalive: keepaliveSeconds,
    reconnectPeriod: nextDelay(),
    reconnectOnConnackError: true,
  });
  client.on("reconnect", () => {
    client.options.reconnectPeriod = nextDelay();
  });
  client.on("connect", () => {
    attempt = 0;
    client.options.reconnectPeriod = nextDelay();
  });
  client.on("error", (error) => {
    const reasonCode = right.reasonCodeOf(error);
    if (client.connected || reasonCode === undefined || right.mayHeal(reasonCode)) return;
    client.end(true);
    onGiveUp(error);
  });
  return client;
}
