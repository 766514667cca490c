// Kills: DeviceController: leaves at once where its line breaks meanwhile
// The library waits for an answer that can no longer come.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class DeviceController extends right.DeviceController {
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

  override async stop(): Promise<void> {
    if (this.#client?.connected) await this.#client.endAsync();
    await super.stop();
  }
}
