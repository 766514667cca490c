import type { MqttClient } from "mqtt";
import * as right from "../../solutions/06-resilient-device.ts";

/** The right controller of lab 6, and the client that its sensor has made. */
export class ControllerWithClient extends right.DeviceController {
  protected client: MqttClient | undefined;

  override start(): void {
    const { sensor } = this;
    const start = sensor.start.bind(sensor);
    sensor.start = () => {
      this.client = start();
      return this.client;
    };
    super.start();
    sensor.start = start;
  }
}
