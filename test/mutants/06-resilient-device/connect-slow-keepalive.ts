// Kills: connectDevice: notices a line that has gone silent
// Saves pings.
import type { IClientOptions, MqttClient } from "mqtt";
import type { DeviceOptions } from "../../../solutions/06-resilient-device.ts";
import { ConnectionInParts } from "../connection-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function connectDevice(options: DeviceOptions): MqttClient {
  return new Connection(options).open();
}

class Connection extends ConnectionInParts {
  protected override connectOptions(): IClientOptions {
    const keepalive = Math.max(20, this.options.keepaliveSeconds);
    return { ...super.connectOptions(), keepalive };
  }
}
