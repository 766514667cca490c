// Kills: BridgeWorker: gets what came while it was away
// Begins each time as if it had never been there.
import type { IClientOptions } from "mqtt";
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override connectOptions(): IClientOptions {
    return { ...super.connectOptions(), clean: true };
  }
}
