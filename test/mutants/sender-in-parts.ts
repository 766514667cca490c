import type { IClientPublishOptions, MqttClient } from "mqtt";
import * as right from "../../solutions/06-resilient-device.ts";

/** The right sender of lab 6, in parts, so that a mutant can do one of them wrong. */
export class SenderInParts {
  protected isStopped = false;
  readonly #sending = new Set<string>();
  #onIdle = () => {};

  constructor(
    readonly client: MqttClient,
    readonly store: right.MessageStore,
    readonly onRefused: (message: right.Message, reason: string) => void,
  ) {
    this.listen();
  }

  wake(): void {
    if (!this.maySend()) return;
    for (const message of this.store.pending()) {
      if (this.#sending.size >= this.mostAtOnce()) return;
      if (this.#sending.has(message.id)) continue;
      if (this.fits(message)) this.send(message);
      else this.#refuse(message, "too large");
    }
  }

  stop(): Promise<void> {
    this.isStopped = true;
    return new Promise((resolve) => {
      if (this.#sending.size === 0 || !this.client.connected) return resolve();
      this.#onIdle = resolve;
      this.client.once("close", () => resolve());
    });
  }

  protected listen(): void {
    this.client.on("connect", () => this.wake());
  }

  protected maySend(): boolean {
    return !this.isStopped && this.client.connected;
  }

  protected mostAtOnce(): number {
    return this.client.serverProperties?.receiveMaximum ?? 65_535;
  }

  protected sizeOf(message: right.Message): number {
    return right.sizeOnWire(message);
  }

  protected fits(message: right.Message): boolean {
    const { maximumPacketSize = Number.POSITIVE_INFINITY } = this.client.serverProperties ?? {};
    return this.sizeOf(message) <= maximumPacketSize;
  }

  protected publishOptions(message: right.Message): IClientPublishOptions {
    return { qos: 1, properties: right.propertiesOf(message) };
  }

  protected send(message: right.Message): void {
    this.#sending.add(message.id);
    const { topic, payload } = message;
    this.client.publish(topic, payload, this.publishOptions(message), (error) =>
      this.answered(message, error ?? undefined),
    );
  }

  /** The broker has acknowledged it or refused it, or the line broke. */
  protected answered(message: right.Message, error?: Error): void {
    this.#sending.delete(message.id);
    if (error && right.reasonCodeOf(error) === undefined) return;
    if (error) this.#refuse(message, error.message);
    else this.store.remove(message.id);
    if (this.#sending.size === 0) this.#onIdle();
    this.wake();
  }

  #refuse(message: right.Message, reason: string): void {
    this.store.remove(message.id);
    this.onRefused(message, reason);
  }
}
