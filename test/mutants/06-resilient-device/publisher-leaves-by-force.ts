// Kills: SensorPublisher: leaves politely when it is stopped
// Tears the line down.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class SensorPublisher extends right.SensorPublisher {
  #client: MqttClient | undefined;

  override start(): MqttClient {
    this.#client = super.start();
    return this.#client;
  }

  override async stop(): Promise<void> {
    this.#client?.end(true);
    await super.stop();
  }
}
