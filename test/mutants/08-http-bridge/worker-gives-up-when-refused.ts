// Kills: BridgeWorker: comes back after a broker has refused it
// Leaves to the library what a refusal means: the end.
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override connectOptions() {
    return { ...super.connectOptions(), reconnectOnConnackError: false };
  }
}
