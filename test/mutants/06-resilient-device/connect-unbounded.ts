// Kills: connectDevice: waits longer after each failure, up to the maximum
// Forgets the maximum.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function connectDevice(options: right.DeviceOptions): MqttClient {
  return right.connectDevice({
    ...options,
    backoff: { ...options.backoff, maxMs: Number.POSITIVE_INFINITY },
  });
}
