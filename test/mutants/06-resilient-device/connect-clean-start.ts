// Kills: connectDevice: asks for a session that outlives the line
// Throws its session away each time.
import type { IClientOptions, MqttClient } from "mqtt";
import type { DeviceOptions } from "../../../solutions/06-resilient-device.ts";
import { ConnectionInParts } from "../connection-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function connectDevice(options: DeviceOptions): MqttClient {
  return new Connection(options).open();
}

class Connection extends ConnectionInParts {
  protected override connectOptions(): IClientOptions {
    return { ...super.connectOptions(), clean: true };
  }
}
