// Kills: Leg: goes on after a broker has refused it
// The library ends after a refusal.
import type { IClientOptions } from "mqtt";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override connectOptions(): IClientOptions {
    return { ...super.connectOptions(), reconnectOnConnackError: false };
  }
}
