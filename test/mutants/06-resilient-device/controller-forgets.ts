// Kills: DeviceController: executes a command once, whoever died meanwhile
// Begins a new list at each start.
import { rmSync } from "node:fs";
import { join } from "node:path";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class DeviceController extends right.DeviceController {
  override start(): void {
    const file = join(this.options.folder, "handled.jsonl");
    // Damage is told before.
    new right.Journal(file);
    rmSync(file);
    super.start();
  }
}
