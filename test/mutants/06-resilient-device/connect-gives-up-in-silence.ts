// Kills: connectDevice: gives up on a refusal that does not heal
// Nobody is told.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function connectDevice(options: right.DeviceOptions): MqttClient {
  return right.connectDevice({ ...options, onGiveUp: () => {} });
}
