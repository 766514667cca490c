// Kills: Leg: asks at once for a filter that it has asked for before
// The library sends no second SUBSCRIBE for a filter that it looks after.
import type { IClientOptions } from "mqtt";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override connectOptions(): IClientOptions {
    return { ...super.connectOptions(), resubscribe: true };
  }
}
