// Kills: BridgeWorker: goes on after an outage of the broker
// Connects once.
import type { IClientOptions } from "mqtt";
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override connectOptions(): IClientOptions {
    return { ...super.connectOptions(), reconnectPeriod: 0 };
  }
}
