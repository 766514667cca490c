// Kills: BridgeWorker: publishes again what kill -9 left unfinished
// Does not give back what a dead process has claimed.
import { connect, type IPublishPacket, type MqttClient } from "mqtt";
import * as right from "../../../solutions/08-http-bridge.ts";
import { partsOf, topicOf } from "../../../workbook/bridge/topics.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/08-http-bridge.ts";

export class BridgeWorker {
  client: MqttClient | undefined;
  sender: right.CommandSender | undefined;
  taking: Promise<void> = Promise.resolve();

  constructor(readonly options: right.WorkerOptions) {}

  async start(): Promise<void> {
    const { brokerUrl, name, store } = this.options;
    const client = connect(brokerUrl, {
      clientId: prefixed(name),
      protocolVersion: 5,
      clean: false,
      properties: { sessionExpiryInterval: 3600 },
      reconnectPeriod: 200,
      reconnectOnConnackError: true,
    });
    client.on("error", () => {});
    client.handleMessage = (packet, done) => {
      this.taking = this.take(packet);
      this.taking.then(() => done(), done);
    };
    const filters = (["replies", "readings", "status"] as const).map((what) => topicOf("+", what));
    client.subscribe(filters, { qos: 1 });
    this.client = client;
    this.sender = new right.CommandSender(client, store, name);
  }

  async stop(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    await this.sender?.drain();
    const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
    if (client.connected) await Promise.race([client.endAsync(), closed]);
    else await client.endAsync(true);
    await this.taking;
  }

  async take(packet: IPublishPacket): Promise<void> {
    const { store } = this.options;
    const what = partsOf(packet.topic)?.what;
    if (what === "replies") await right.takeReply(store, packet);
    if (what === "readings") await right.takeReading(store, packet);
    if (what === "status") await right.takePresence(store, packet);
  }
}
