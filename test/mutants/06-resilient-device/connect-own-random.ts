// Kills: connectDevice: brings 50 devices back one by one
// Does not use the random numbers that it is given.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function connectDevice(options: right.DeviceOptions): MqttClient {
  return right.connectDevice({ ...options, random: Math.random });
}
