// Kills: Sender: stops when the line is gone, and keeps what was on its way
// Takes every error for a refusal.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender extends right.Sender {
  override wake(): void {
    const { client } = this;
    const { publish } = client;
    const publishHere: Publish = (topic, message, options, done) =>
      publish.call(client, topic, message, options, (error, packet) =>
        done?.(error && Object.assign(error, { code: 128 }), packet),
      );
    client.publish = publishHere as typeof publish;
    super.wake();
    client.publish = publish;
  }
}

// The last of its overloads.
type Publish = (...words: Parameters<MqttClient["publish"]>) => MqttClient;
