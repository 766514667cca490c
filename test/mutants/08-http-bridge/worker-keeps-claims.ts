// Kills: BridgeWorker: publishes again what kill -9 left unfinished
// Does not give back what a dead process has claimed.
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override async takeUp(): Promise<void> {}
}
