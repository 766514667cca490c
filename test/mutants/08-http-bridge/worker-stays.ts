// Kills: BridgeWorker: leaves when what it has begun is done
// Drains, and stays.
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override async leave(): Promise<void> {}
}
