// Kills: DeviceController: leaves when it is stopped
// Tears the line down.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class DeviceController extends right.DeviceController {
  override async stop(): Promise<void> {
    this.#client?.end(true);
    await super.stop();
  }

  #client: MqttClient | undefined;

  override start(): void {
    const { sensor } = this;
    const start = sensor.start.bind(sensor);
    sensor.start = () => {
      this.#client = start();
      return this.#client;
    };
    super.start();
    sensor.start = start;
  }
}
