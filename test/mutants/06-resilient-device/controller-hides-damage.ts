// Kills: DeviceController: does not run where its file is damaged
// Goes on without its list of commands.
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class DeviceController extends right.DeviceController {
  override start(): void {
    try {
      super.start();
    } catch (error) {
      if (!(error as Error).message.includes("handled")) throw error;
    }
  }
}
