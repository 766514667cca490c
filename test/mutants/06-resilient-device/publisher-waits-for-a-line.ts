// Kills: SensorPublisher: stops at once where there is no line
// Does not leave before everything is sent.
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
    const client = this.#client;
    this.#client = undefined;
    if (client && !client.connected)
      await new Promise<void>((resolve) => client.once("connect", () => resolve()));
    await super.stop();
  }
}
