// Kills: SensorPublisher: stops at once where there is no line
// Takes its outbox along.
import { rmSync } from "node:fs";
import { join } from "node:path";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class SensorPublisher extends right.SensorPublisher {
  override async stop(): Promise<void> {
    await super.stop();
    rmSync(join(this.options.folder, "outbox.jsonl"), { force: true });
  }
}
