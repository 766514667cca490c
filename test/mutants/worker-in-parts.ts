import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import * as right from "../../solutions/08-http-bridge.ts";
import { type DeviceTopic, partsOf, topicOf } from "../../workbook/bridge/topics.ts";
import { prefixed } from "../../workbook/telemetry.ts";

/** The right worker of lab 8, in parts, so that a mutant can do one of them wrong. */
export class WorkerInParts {
  protected taking: Promise<void> = Promise.resolve();
  #running: { client: MqttClient; sender: right.CommandSender | undefined } | undefined;

  constructor(protected readonly options: right.WorkerOptions) {}

  async start(): Promise<void> {
    await this.takeUp();
    const client = connect(this.options.brokerUrl, this.connectOptions());
    client.on("error", () => {});
    client.handleMessage = (packet, done) => this.handle(packet, done);
    this.listen(client);
    this.#running = { client, sender: this.sender(client) };
  }

  async stop(): Promise<void> {
    if (this.#running === undefined) return;
    const { client, sender } = this.#running;
    await sender?.drain();
    await this.leave(client);
    await this.taking;
  }

  protected async takeUp(): Promise<void> {
    await this.options.store.releaseClaims(this.options.name);
  }

  protected connectOptions(): IClientOptions {
    return {
      clientId: prefixed(this.options.name),
      protocolVersion: 5,
      clean: false,
      properties: { sessionExpiryInterval: 3600 },
      reconnectPeriod: 200,
      reconnectOnConnackError: true,
    };
  }

  protected listen(client: MqttClient, ...topics: DeviceTopic[]): void {
    const all: DeviceTopic[] = ["replies", "readings", "status"];
    const filters = (topics.length > 0 ? topics : all).map((what) => topicOf("+", what));
    client.subscribe(filters, { qos: 1 });
  }

  protected sender(client: MqttClient): right.CommandSender | undefined {
    return new right.CommandSender(client, this.options.store, this.options.name);
  }

  protected handle(packet: IPublishPacket, done: (error?: Error) => void): void {
    this.taking = this.take(packet);
    this.taking.then(() => done(), done);
  }

  protected async take(packet: IPublishPacket): Promise<void> {
    const { store } = this.options;
    const what = partsOf(packet.topic)?.what;
    if (what === "replies") await right.takeReply(store, packet);
    if (what === "readings") await right.takeReading(store, packet);
    if (what === "status") await right.takePresence(store, packet);
  }

  protected async leave(client: MqttClient): Promise<void> {
    const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
    if (client.connected) await Promise.race([client.endAsync(), closed]);
    else await client.endAsync(true);
  }
}
