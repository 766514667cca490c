// Kills: SensorPublisher: sends readings taken offline with their own time
// Opens the outbox, and that is all.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class SensorPublisher extends right.SensorPublisher {
  override start(): MqttClient {
    return super.start().end(true);
  }
}
