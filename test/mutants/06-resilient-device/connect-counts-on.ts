// Kills: connectDevice: begins with the shortest wait after a line that stood
// The failures count for ever.
import type { MqttClient } from "mqtt";
import type { DeviceOptions } from "../../../solutions/06-resilient-device.ts";
import { ConnectionInParts } from "../connection-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function connectDevice(options: DeviceOptions): MqttClient {
  return new Connection(options).open();
}

class Connection extends ConnectionInParts {
  protected override begin(client: MqttClient): void {
    this.waitLonger(client);
  }
}
