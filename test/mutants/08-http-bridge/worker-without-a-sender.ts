// Kills: BridgeWorker: leaves when what it has begun is done
// Listens, and publishes nothing.
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override sender(): undefined {}
}
