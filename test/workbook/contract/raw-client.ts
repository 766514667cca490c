import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import {
  generate,
  type IConnackPacket,
  type IConnectPacket,
  type IDisconnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type ISubscription,
  type Packet,
  parser,
} from "mqtt-packet";

type PacketOf<Cmd extends Packet["cmd"]> = Extract<Packet, { cmd: Cmd }>;
type Properties<P extends { properties?: unknown }> = NonNullable<P["properties"]>;

interface Waiting {
  cmds: readonly string[];
  resolve(packet: Packet): void;
  reject(error: Error): void;
}

export interface PublishOptions {
  qos?: 0 | 1 | 2;
  retain?: boolean;
  properties?: Properties<IPublishPacket>;
}

/**
 * A client that does nothing by itself: no acknowledgement, no resend, no reconnect. So a test
 * decides on each packet, and sees each as it crossed the wire.
 */
export class RawClient {
  readonly id: string;
  /** The broker's answer to CONNECT. */
  connack!: IConnackPacket;
  readonly #socket: Socket;
  readonly #protocolVersion: 4 | 5;
  readonly #received: Packet[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #ended: Promise<void>;
  #disconnect: IDisconnectPacket | undefined;
  #isEnded = false;
  #messageId = 0;

  private constructor(url: string, options: Partial<IConnectPacket>) {
    this.id = options.clientId ?? `c${randomBytes(6).toString("hex")}`;
    this.#protocolVersion = options.protocolVersion === 4 ? 4 : 5;
    const { hostname, port } = new URL(url);
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const incoming = parser({ protocolVersion: this.#protocolVersion });
    incoming.on("packet", (packet) => this.#receive(packet));
    incoming.on("error", (error) => this.#socket.destroy(error));
    this.#socket.on("data", (chunk) => incoming.parse(chunk));
    this.#socket.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      this.#socket.on("close", () => {
        this.#isEnded = true;
        for (const { cmds, reject } of this.#waiting) reject(this.#tooLate(cmds));
        resolve();
      });
    });
  }

  /** Connect with MQTT 5 and Clean Start, unless told otherwise, and wait for the CONNACK. */
  static async open(url: string, options: Partial<IConnectPacket> = {}): Promise<RawClient> {
    const client = new RawClient(url, options);
    client.send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 5,
      clean: true,
      keepalive: 0,
      ...options,
      clientId: client.id,
    });
    client.connack = await client.next("connack");
    return client;
  }

  send(packet: Packet): void {
    this.#socket.write(this.encode(packet));
  }

  /** The packet's bytes in this connection's protocol version, for `write`. */
  encode(packet: Packet): Buffer {
    return generate(packet, { protocolVersion: this.#protocolVersion });
  }

  /** Bytes as they are: half a packet, several at once, or garbage. */
  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** The next packet of one of these kinds; others stay for later calls. Fails when the connection ends. */
  next<Cmd extends Packet["cmd"]>(...cmds: Cmd[]): Promise<PacketOf<Cmd>> {
    const at = this.#received.findIndex(({ cmd }) => (cmds as string[]).includes(cmd));
    const found = at < 0 ? undefined : this.#received.splice(at, 1)[0];
    if (found !== undefined) return Promise.resolve(found as PacketOf<Cmd>);
    if (this.#isEnded) return Promise.reject(this.#tooLate(cmds));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ cmds, resolve: (packet) => resolve(packet as PacketOf<Cmd>), reject });
    });
  }

  /** Subscribe and return the SUBACK's codes. */
  async subscribe(
    filters: string | readonly string[],
    options: Partial<Omit<ISubscription, "topic">> = {},
    properties?: Properties<ISubscribePacket>,
  ): Promise<number[]> {
    this.send({
      cmd: "subscribe",
      messageId: this.nextId(),
      subscriptions: [filters].flat().map((topic) => ({ topic, qos: 0, ...options })),
      ...(properties && { properties }),
    });
    return (await this.next("suback")).granted as number[];
  }

  /** Unsubscribe and return the UNSUBACK's codes; there are none in MQTT 3.1.1. */
  async unsubscribe(...filters: string[]): Promise<number[]> {
    this.send({ cmd: "unsubscribe", messageId: this.nextId(), unsubscriptions: filters });
    return (await this.next("unsuback")).granted;
  }

  /** Publish, go through the whole handshake, and return the reason code of PUBACK or PUBREC. */
  async publish(topic: string, payload: string, options: PublishOptions = {}): Promise<number> {
    const packet = this.publishPacket(topic, payload, options);
    this.send(packet);
    if (packet.qos === 0) return 0;
    const answer = await this.next("puback", "pubrec");
    if (answer.cmd === "pubrec" && packet.messageId !== undefined) {
      this.send({ cmd: "pubrel", messageId: packet.messageId });
      await this.next("pubcomp");
    }
    return answer.reasonCode ?? 0;
  }

  publishPacket(topic: string, payload: string, options: PublishOptions = {}): IPublishPacket {
    const { qos = 0, retain = false, properties } = options;
    return {
      cmd: "publish",
      topic,
      payload,
      qos,
      retain,
      dup: false,
      ...(qos > 0 && { messageId: this.nextId() }),
      ...(properties && { properties }),
    };
  }

  /** The next message, acknowledged. */
  async message(): Promise<IPublishPacket> {
    const packet = await this.next("publish");
    if (packet.messageId !== undefined && packet.qos > 0) {
      this.send({ cmd: packet.qos === 1 ? "puback" : "pubrec", messageId: packet.messageId });
      if (packet.qos === 2) {
        await this.next("pubrel");
        this.send({ cmd: "pubcomp", messageId: packet.messageId });
      }
    }
    return packet;
  }

  /** What came before the message with this payload: the way to see that something did not come. */
  async messagesUntil(marker: string): Promise<IPublishPacket[]> {
    const before: IPublishPacket[] = [];
    for (;;) {
      const packet = await this.message();
      if (packet.payload.toString() === marker) return before;
      before.push(packet);
    }
  }

  /** Ask for a PINGRESP: what the broker sent before it has then arrived. */
  async ping(): Promise<void> {
    this.send({ cmd: "pingreq" });
    await this.next("pingresp");
  }

  /** End politely, or with the given reason, and wait until the broker has closed the connection. */
  async disconnect(reasonCode = 0, properties?: Properties<IDisconnectPacket>): Promise<void> {
    this.send({ cmd: "disconnect", reasonCode, ...(properties && { properties }) });
    this.#socket.end();
    await this.#ended;
  }

  /** The line breaks: no DISCONNECT. */
  cut(): void {
    this.#socket.destroy();
  }

  /** Waits for the broker to end the connection, and says how it did. */
  async ended(): Promise<string> {
    await this.#ended;
    return this.#disconnect ? `DISCONNECT ${this.#disconnect.reasonCode}` : "closed";
  }

  nextId(): number {
    return ++this.#messageId;
  }

  #receive(packet: Packet): void {
    if (packet.cmd === "disconnect") this.#disconnect = packet;
    const at = this.#waiting.findIndex(({ cmds }) => cmds.includes(packet.cmd));
    if (at < 0) this.#received.push(packet);
    else this.#waiting.splice(at, 1)[0]?.resolve(packet);
  }

  #tooLate(cmds: readonly string[]): Error {
    const how = this.#disconnect ? ` with DISCONNECT ${this.#disconnect.reasonCode}` : "";
    return new Error(`the broker ended the connection${how} before it sent ${cmds.join(" or ")}`);
  }
}
