// Kills: SensorPublisher: says so when it is used in the wrong order
// Does not mind.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class SensorPublisher extends right.SensorPublisher {
  #client: MqttClient | undefined;

  override start(): MqttClient {
    this.#client ??= super.start();
    return this.#client;
  }

  override async stop(): Promise<void> {
    await super.stop();
    this.#client = undefined;
  }
}
