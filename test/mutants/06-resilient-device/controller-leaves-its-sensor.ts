// Kills: DeviceController: does not run where its file is damaged
// Says that it cannot start, and leaves a sensor that runs.
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class DeviceController extends right.DeviceController {
  override start(): void {
    const { sensor } = this;
    const stop = sensor.stop.bind(sensor);
    sensor.stop = async () => {};
    try {
      super.start();
    } finally {
      sensor.stop = stop;
    }
  }
}
