// Kills: connectDevice: gives up a CONNECT that nobody answers
// Knows how long the line may be silent once it stands, and leaves the time before that to the library.
import type { IClientOptions, MqttClient } from "mqtt";
import type { DeviceOptions } from "../../../solutions/06-resilient-device.ts";
import { ConnectionInParts } from "../connection-in-parts.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function connectDevice(options: DeviceOptions): MqttClient {
  return new Connection(options).open();
}

class Connection extends ConnectionInParts {
  protected override connectOptions(): IClientOptions {
    const ofTheLibrary = 30_000;
    return { ...super.connectOptions(), connectTimeout: ofTheLibrary };
  }
}
