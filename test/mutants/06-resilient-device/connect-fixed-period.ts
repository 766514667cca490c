// Kills: connectDevice: brings 50 devices back one by one
// Leaves it to the library, which waits the same time always.
import type { MqttClient } from "mqtt";
import type { DeviceOptions } from "../../../solutions/06-resilient-device.ts";
import { ConnectionInParts } from "../connection-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function connectDevice(options: DeviceOptions): MqttClient {
  return new Connection(options).open();
}

class Connection extends ConnectionInParts {
  protected override delay(): number {
    return this.options.backoff.firstMs;
  }
}
