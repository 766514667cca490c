// Kills: DeviceController: executes a command and replies to it
// Starts its sensor, and listens to nobody.
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class DeviceController extends right.DeviceController {
  override start(): void {
    this.sensor.start();
  }
}
