import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { generate, type Packet, type Parser, parser } from "mqtt-packet";
import { FrameSplitter } from "../wire/frames.ts";

/** "The received packet could not be parsed"; see the table of reason codes in section 2.4. */
const MALFORMED_PACKET = 0x81;

/** In the first byte of a PUBLISH. */
const DUP = 0b1000;

/** How many unacknowledged messages a client takes that does not say. */
const RECEIVE_MAXIMUM = 65_535;

/** Packet identifiers that were sent and are not acknowledged, by client id: they outlive a connection. */
export type UnacknowledgedBySession = Map<string, Set<number>>;

/**
 * A connection as Aedes needs it. In between it
 * - lets nothing malformed in, because some of that crashes Aedes,
 * - hands in one packet in a turn of the event loop, because Aedes can lose a message when two QoS 2
 *   packets come at once,
 * - rewrites the filters of SUBSCRIBE and UNSUBSCRIBE, and withdraws from the CONNACK that there are
 *   no shared subscriptions,
 * - sets DUP on what is sent again [MQTT-3.3.1-1], and takes it off what a publisher sends again, because
 *   it says nothing to the subscribers [MQTT-3.3.1-3],
 * - keeps to the client's Receive Maximum [MQTT-3.3.4-9].
 *
 * Every other packet passes as the bytes it came in.
 */
export class AedesConnection extends Duplex {
  readonly #incoming = new FrameSplitter();
  readonly #outgoing = new FrameSplitter();
  /** Takes the protocol version from the CONNECT. */
  readonly #parser = parser();
  /** Packets that Aedes has not read yet. */
  #arrived: Buffer[] = [];
  #isWanted = false;
  #hasEnded = false;
  #protocolVersion = 4;
  #clientId = "";
  #isAccepted = false;
  #receiveMaximum = RECEIVE_MAXIMUM;
  #unacknowledged = new Set<number>();
  /** Those of them that went out on this connection. */
  readonly #inFlight = new Set<number>();
  #heldBack: Buffer[] = [];

  constructor(
    private readonly socket: Socket,
    private readonly rewriteFilter: (filter: string) => string,
    private readonly sessions: UnacknowledgedBySession,
  ) {
    super({ readableObjectMode: true, readableHighWaterMark: 1, allowHalfOpen: false });
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", (error) => this.destroy(error));
    // A turn later, because Aedes acknowledges a message a turn before it publishes it: the will of a
    // client that is gone right after its acknowledgement must not overtake it.
    socket.on("end", () => {
      setImmediate(() => {
        this.#hasEnded = true;
        this.#handIn();
      });
    });
    // After an orderly end Aedes must still read what came before it, a DISCONNECT above all.
    socket.on("close", () => {
      setImmediate(() => {
        if (!this.#hasEnded) this.destroy();
      });
    });
  }

  #receive(chunk: Buffer): void {
    if (this.destroyed) return;
    try {
      for (const { bytes } of this.#incoming.push(chunk)) {
        this.#arrived.push(this.#fromClient(bytes));
      }
      if (this.#incoming.broken) throw new Error("not a control packet");
    } catch {
      this.#refuse();
    }
    // Until Aedes has read these, the client's next ones wait in the client.
    if (this.#arrived.length > 0) this.socket.pause();
    this.#handIn();
  }

  #handIn(): void {
    if (!this.#isWanted || this.destroyed) return;
    const packet = this.#arrived.shift();
    if (packet !== undefined || this.#hasEnded) {
      this.#isWanted = false;
      this.push(packet ?? null);
    } else {
      this.socket.resume();
    }
  }

  override _read(): void {
    this.#isWanted = true;
    setImmediate(() => this.#handIn());
  }

  /** A malformed packet ends the connection, with the reason where there is one [MQTT-4.13.1-1]. */
  #refuse(): void {
    if (this.#isAccepted && this.#protocolVersion === 5) {
      this.socket.write(this.#encode({ cmd: "disconnect", reasonCode: MALFORMED_PACKET }));
    }
    this.destroy();
  }

  #fromClient(frame: Buffer): Buffer {
    const packet = decode(frame, this.#parser);
    switch (packet.cmd) {
      case "connect":
        this.#protocolVersion = packet.protocolVersion ?? 4;
        this.#clientId = packet.clientId;
        this.#receiveMaximum = packet.properties?.receiveMaximum ?? RECEIVE_MAXIMUM;
        return frame;
      case "publish":
        // No wildcards in a topic name [MQTT-3.3.2-2].
        if (/[+#]/.test(packet.topic)) throw new Error(`wildcard in topic ${packet.topic}`);
        frame[0] = (frame[0] ?? 0) & ~DUP;
        return frame;
      case "subscribe":
        // A wildcard is a whole level, # the last [MQTT-4.7.1-1], [MQTT-4.7.1-2].
        for (const { topic } of packet.subscriptions) {
          if (/[^/][+#]|[+#][^/]|#\//.test(topic)) throw new Error(`malformed filter ${topic}`);
        }
        if (!frame.includes("$share/")) return frame;
        for (const one of packet.subscriptions) one.topic = this.rewriteFilter(one.topic);
        return this.#encode(packet);
      case "unsubscribe":
        if (!frame.includes("$share/")) return frame;
        packet.unsubscriptions = packet.unsubscriptions.map(this.rewriteFilter);
        return this.#encode(packet);
      case "puback":
      case "pubcomp":
        this.#acknowledged(packet.messageId);
        return frame;
      case "pubrec":
        if ((packet.reasonCode ?? 0) >= 0x80) this.#acknowledged(packet.messageId);
        return frame;
      default:
        return frame;
    }
  }

  /** @returns the bytes to send now */
  #fromBroker(frame: Buffer): Buffer {
    const first = frame[0] ?? 0;
    const packetType = first >> 4;
    if (packetType === 2) return this.#connack(frame);
    const hasIdentifier = packetType === 3 && (first & 0b0110) !== 0;
    if (!hasIdentifier) return frame;
    if (this.#inFlight.size < this.#receiveMaximum) return this.#delivery(frame);
    this.#heldBack.push(frame);
    return Buffer.alloc(0);
  }

  #connack(frame: Buffer): Buffer {
    const packet = decode(frame, parser({ protocolVersion: this.#protocolVersion }));
    if (packet.cmd !== "connack") return frame;
    this.#isAccepted = true;
    const clientId = packet.properties?.assignedClientIdentifier ?? this.#clientId;
    const earlier = packet.sessionPresent && this.sessions.get(clientId);
    if (earlier) this.#unacknowledged = earlier;
    else this.sessions.set(clientId, this.#unacknowledged);
    this.#clientId = clientId;
    if (packet.properties?.sharedSubscriptionAvailable === undefined) return frame;
    delete packet.properties.sharedSubscriptionAvailable;
    return this.#encode(packet);
  }

  #delivery(publish: Buffer): Buffer {
    const identifier = packetIdentifier(publish);
    if (this.#unacknowledged.has(identifier)) publish[0] = (publish[0] ?? 0) | DUP;
    this.#unacknowledged.add(identifier);
    this.#inFlight.add(identifier);
    return publish;
  }

  #acknowledged(identifier = 0): void {
    this.#unacknowledged.delete(identifier);
    this.#inFlight.delete(identifier);
    const next = this.#inFlight.size < this.#receiveMaximum ? this.#heldBack.shift() : undefined;
    if (next !== undefined) this.socket.write(this.#delivery(next));
  }

  #encode(packet: Packet): Buffer {
    return generate(packet, { protocolVersion: this.#protocolVersion });
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    const frames = this.#outgoing.push(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    const bytes = Buffer.concat(frames.map((frame) => this.#fromBroker(frame.bytes)));
    if (this.socket.write(bytes)) done();
    else this.socket.once("drain", done);
  }

  override _final(done: () => void): void {
    this.socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const isSettled = this.#unacknowledged.size === 0;
    if (isSettled && this.sessions.get(this.#clientId) === this.#unacknowledged) {
      this.sessions.delete(this.#clientId);
    }
    // After an error nobody reads what is still to be written.
    if (error) this.socket.destroy();
    else this.socket.destroySoon();
    done(error);
  }
}

/** One frame as a packet. Throws when it is malformed: the parser has no listener for errors. */
function decode(frame: Buffer, using: Parser): Packet {
  let decoded: Packet | undefined;
  using.once("packet", (packet) => {
    decoded = packet;
  });
  using.parse(frame);
  if (decoded === undefined || lacksValue(decoded)) throw new Error("malformed packet");
  return decoded;
}

/** The parser accepts a property or a will that is cut short, and then says null. */
function lacksValue(packet: Packet): boolean {
  const isNull = (value: unknown): boolean =>
    value === null ||
    (typeof value === "object" && !Buffer.isBuffer(value) && Object.values(value).some(isNull));
  return isNull([
    packet.cmd === "connect" && packet.will,
    "properties" in packet && packet.properties,
  ]);
}

/** It follows the topic, which follows the fixed header. */
function packetIdentifier(publish: Buffer): number {
  let topicAt = 2;
  while (((publish[topicAt - 1] ?? 0) & 0x80) !== 0) topicAt++;
  return publish.readUInt16BE(topicAt + 2 + publish.readUInt16BE(topicAt));
}
