// Kills: connectDevice: brings 50 devices back one by one
// Thinks that jitter is for later attempts.
import type { MqttClient } from "mqtt";
import type { DeviceOptions } from "../../../solutions/06-resilient-device.ts";
import { ConnectionInParts } from "../connection-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function connectDevice(options: DeviceOptions): MqttClient {
  return new Connection(options).open();
}

class Connection extends ConnectionInParts {
  protected override delay(attempt: number): number {
    return attempt === 0 ? this.options.backoff.firstMs : super.delay(attempt);
  }
}
