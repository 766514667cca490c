// Kills: connectDevice: brings 50 devices back one by one
// Thinks that jitter is for later attempts.
import { connect, type MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function connectDevice(options: right.DeviceOptions): MqttClient {
  const { brokerUrl, deviceId, login, keepaliveSeconds, backoff, random, onGiveUp } = options;
  let attempt = 0;
  const nextDelay = () =>
    attempt++ === 0
      ? backoff.firstMs
      : Math.max(1, right.backoffDelay(attempt - 1, backoff, random));
  const client = connect(brokerUrl, {
    ...login,
    clientId: prefixed(deviceId),
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
    keepalive: keepaliveSeconds,
    connectTimeout: 1500 * keepaliveSeconds,
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
    if (reasonCode === undefined || right.mayHeal(reasonCode)) return;
    client.end(true);
    onGiveUp(error);
  });
  return client;
}
