// Kills: Leg: connects with an id of its own and leaves nothing behind
// Lets the broker keep a session as well.
import type { IClientOptions } from "mqtt";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override connectOptions(): IClientOptions {
    return { ...super.connectOptions(), clean: false, properties: { sessionExpiryInterval: 3600 } };
  }
}
