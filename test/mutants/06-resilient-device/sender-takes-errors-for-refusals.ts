// Kills: Sender: stops when the line is gone, and keeps what was on its way
// Takes every error for a refusal.
import type { MqttClient } from "mqtt";
import * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export class Sender {
  readonly #sending = new Set<string>();
  #isStopped = false;
  #onIdle = () => {};

  constructor(
    readonly client: MqttClient,
    readonly store: right.MessageStore,
    readonly onRefused: (message: right.Message, reason: string) => void,
  ) {
    client.on("connect", () => this.wake());
  }

  wake(): void {
    if (this.#isStopped || !this.client.connected) return;
    const { receiveMaximum = 65_535, maximumPacketSize = Number.POSITIVE_INFINITY } =
      this.client.serverProperties ?? {};
    for (const message of this.store.pending()) {
      if (this.#sending.size >= receiveMaximum) return;
      if (this.#sending.has(message.id)) continue;
      if (right.sizeOnWire(message) <= maximumPacketSize) this.#send(message);
      else this.#refuse(message, "too large");
    }
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    return new Promise((resolve) => {
      if (this.#sending.size === 0 || !this.client.connected) return resolve();
      this.#onIdle = resolve;
      this.client.once("close", () => resolve());
    });
  }

  #send(message: right.Message): void {
    this.#sending.add(message.id);
    const options = { qos: 1, properties: right.propertiesOf(message) } as const;
    this.client.publish(message.topic, message.payload, options, (error) => {
      this.#sending.delete(message.id);
      if (error) this.#refuse(message, error.message);
      else this.store.remove(message.id);
      if (this.#sending.size === 0) this.#onIdle();
      this.wake();
    });
  }

  #refuse(message: right.Message, reason: string): void {
    this.store.remove(message.id);
    this.onRefused(message, reason);
  }
}
