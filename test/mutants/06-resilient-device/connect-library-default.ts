// Kills: connectDevice: goes on after a refusal that heals
// The library ends after any refusal.
import type { IClientOptions, MqttClient } from "mqtt";
import type { DeviceOptions } from "../../../solutions/06-resilient-device.ts";
import { ConnectionInParts } from "../connection-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function connectDevice(options: DeviceOptions): MqttClient {
  return new Connection(options).open();
}

class Connection extends ConnectionInParts {
  protected override connectOptions(): IClientOptions {
    return { ...super.connectOptions(), reconnectOnConnackError: false };
  }
}
