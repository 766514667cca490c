// Kills: BridgeWorker: puts into the store what devices say
// Forgets that others may use the same broker.
import type { IClientOptions } from "mqtt";
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override connectOptions(): IClientOptions {
    return { ...super.connectOptions(), clientId: this.options.name };
  }
}
