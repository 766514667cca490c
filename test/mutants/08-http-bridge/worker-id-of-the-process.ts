// Kills: BridgeWorker: gets a reply that comes while it is dead
// Each process has a client id of its own, and so a session of its own.
import type { IClientOptions } from "mqtt";
import { prefixed } from "../../../workbook/telemetry.ts";
import { WorkerInParts } from "../worker-in-parts.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker extends WorkerInParts {
  protected override connectOptions(): IClientOptions {
    return { ...super.connectOptions(), clientId: prefixed(`${this.options.name}-${process.pid}`) };
  }
}
