// Kills: Leg: connects with an id of its own and leaves nothing behind
// Calls itself what the device is called.
import type { IClientOptions } from "mqtt";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override connectOptions(): IClientOptions {
    return { ...super.connectOptions(), clientId: this.options.deviceId };
  }
}
