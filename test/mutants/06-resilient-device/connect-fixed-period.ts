// Kills: connectDevice: brings 50 devices back one by one
// Leaves it to the library, which waits the same time always.
import { connect, type MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function connectDevice(options: right.DeviceOptions): MqttClient {
  const { brokerUrl, deviceId, login, keepaliveSeconds, backoff, onGiveUp } = options;
  const client = connect(brokerUrl, {
    ...login,
    clientId: prefixed(deviceId),
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
    keepalive: keepaliveSeconds,
    connectTimeout: 1500 * keepaliveSeconds,
    reconnectPeriod: backoff.firstMs,
    reconnectOnConnackError: true,
  });
  client.on("error", (error) => {
    const reasonCode = right.reasonCodeOf(error);
    if (reasonCode === undefined || right.mayHeal(reasonCode)) return;
    client.end(true);
    onGiveUp(error);
  });
  return client;
}
