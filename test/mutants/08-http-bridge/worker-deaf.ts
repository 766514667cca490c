// Kills: BridgeWorker: puts into the store what devices say
// Publishes, and subscribes to nothing.
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override listen(): void {}
}
