// Kills: Leg: connects with an id of its own and leaves nothing behind
// Makes a client that waits to be told.
import type { IClientOptions } from "mqtt";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override connectOptions(): IClientOptions {
    return { ...super.connectOptions(), manualConnect: true };
  }
}
