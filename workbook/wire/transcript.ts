import { EventEmitter } from "node:events";
import { type Packet, type PacketCmd, parser } from "mqtt-packet";

export type Direction = "to-broker" | "to-client";

/** One TCP connection through the tap. Called by its client id as soon as that is known. */
export class Connection {
  clientId: string | undefined;
  /** 4 is MQTT 3.1.1, 5 is MQTT 5. Until a CONNECT was seen the tap decodes as 3.1.1. */
  protocolVersion: 3 | 4 | 5 = 4;
  /** Bytes and packets that the tap received, by direction, whatever became of them. */
  readonly counts = {
    "to-broker": { packets: 0, bytes: 0 },
    "to-client": { packets: 0, bytes: 0 },
  };

  constructor(readonly number: number) {}

  get name(): string {
    return this.clientId || `connection ${this.number}`;
  }

  /** Learn from a CONNECT, or from the CONNACK that assigns a client id, who is at the other end. */
  introduce(frame: Frame): void {
    if (frame.packet?.cmd === "connect") {
      this.clientId = frame.packet.clientId;
      this.protocolVersion = frame.packet.protocolVersion ?? 4;
    } else if (frame.packet?.cmd === "connack") {
      this.clientId ||= frame.packet.properties?.assignedClientIdentifier;
    }
  }
}

/** What the tap did with a packet: `held` and `delayed` become `passed` when they are let go. */
export type Fate = "passed" | "dropped" | "held" | "delayed" | "cut";

const packetTypes: readonly (PacketCmd | undefined)[] = [
  undefined,
  "connect",
  "connack",
  "publish",
  "puback",
  "pubrec",
  "pubrel",
  "pubcomp",
  "subscribe",
  "suback",
  "unsubscribe",
  "unsuback",
  "pingreq",
  "pingresp",
  "disconnect",
  "auth",
];

/** One MQTT control packet that crossed the tap, or bytes that are none. */
export class Frame {
  readonly kind = "frame";
  /** What the first byte says; `undefined` for bytes that are no packet. */
  readonly type: PacketCmd | undefined;
  fate: Fate = "passed";
  #decoded: { packet: Packet } | { problem: string } | undefined;
  readonly #version: 3 | 4 | 5;

  /**
   * @param at milliseconds since the tap opened
   * @param bytes the packet as it stood on the wire, or its beginning where it was too large to keep
   * @param size its length on the wire in bytes
   * @param problem why these bytes are no packet, where the framing already showed it
   */
  constructor(
    readonly at: number,
    readonly connection: Connection,
    readonly direction: Direction,
    readonly bytes: Buffer,
    readonly size: number,
    problem?: string,
  ) {
    this.#version = connection.protocolVersion;
    if (problem === undefined) this.type = packetTypes[(bytes[0] ?? 0) >> 4];
    if (problem !== undefined) this.#decoded = { problem };
    else if (size > bytes.length) this.#decoded = { problem: "too large to be kept" };
  }

  /** The decoded packet, or `undefined` for bytes that cannot be decoded. */
  get packet(): Packet | undefined {
    const decoded = this.#decode();
    return "packet" in decoded ? decoded.packet : undefined;
  }

  /** Why the bytes cannot be decoded, or `undefined` where they can. */
  get problem(): string | undefined {
    const decoded = this.#decode();
    return "problem" in decoded ? decoded.problem : undefined;
  }

  // Decoded when first asked for: most packets of a busy line are only ever counted.
  #decode(): { packet: Packet } | { problem: string } {
    this.#decoded ??= decode(this.bytes, this.#version);
    return this.#decoded;
  }
}

function decode(bytes: Buffer, protocolVersion: number): { packet: Packet } | { problem: string } {
  let result: { packet: Packet } | { problem: string } = { problem: "not an MQTT packet" };
  const decoder = parser({ protocolVersion });
  decoder.on("packet", (packet) => {
    result = { packet };
  });
  decoder.on("error", (error: Error) => {
    result = { problem: error.message };
  });
  try {
    decoder.parse(bytes);
  } catch (error) {
    result = { problem: error instanceof Error ? error.message : String(error) };
  }
  return result;
}

/** A connection began. */
export interface Opened {
  readonly kind: "opened";
  readonly at: number;
  readonly connection: Connection;
}

/** A connection ended: which side closed it first, and the network error if there was one. */
export interface Closed {
  readonly kind: "closed";
  readonly at: number;
  readonly connection: Connection;
  readonly by: "client" | "broker" | "tap";
  readonly error?: string;
}

export type Entry = Frame | Opened | Closed;

/** The most entries and bytes that a transcript holds; the oldest are let go beyond that. */
const MAX_ENTRIES = 20_000;
const MAX_BYTES = 32 * 1024 * 1024;

/** What crossed a tap, in the order in which the tap saw it. Memory is bounded, counts are not cut. */
export class Transcript {
  readonly #entries: Entry[] = [];
  readonly #events = new EventEmitter().setMaxListeners(0);
  #bytes = 0;
  #forgotten = 0;

  /** The entries that are still held, oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** How many entries were let go to bound the memory. */
  get forgotten(): number {
    return this.#forgotten;
  }

  record(entry: Entry): void {
    this.#entries.push(entry);
    if (entry.kind === "frame") this.#count(entry);
    if (this.#entries.length > MAX_ENTRIES || this.#bytes > MAX_BYTES) this.#forgetOldest();
    this.#events.emit("entry", entry);
  }

  /** Hear of each entry as it is recorded. Returns how to stop hearing. */
  onEntry(listener: (entry: Entry) => void): () => void {
    this.#events.on("entry", listener);
    return () => this.#events.off("entry", listener);
  }

  /** A frame was let go, or its fate was settled some other way. */
  settle(frame: Frame, fate: Fate): void {
    frame.fate = fate;
    this.#events.emit("settled", frame);
  }

  /** The packets that are held, oldest first, of one type or all. */
  frames(matches: (frame: Frame) => boolean = () => true): Frame[] {
    return this.#entries.filter(
      (entry): entry is Frame => entry.kind === "frame" && matches(entry),
    );
  }

  /** Resolves with the first entry, past or to come, that matches. Never rejects: give it a deadline. */
  async seen(matches: (entry: Entry) => boolean): Promise<Entry> {
    const past = this.#entries.find(matches);
    if (past) return past;
    return new Promise((resolve) => {
      const heard = (entry: Entry) => {
        if (!matches(entry)) return;
        this.#events.off("entry", heard).off("settled", heard);
        resolve(entry);
      };
      this.#events.on("entry", heard).on("settled", heard);
    });
  }

  #count(frame: Frame): void {
    this.#bytes += frame.bytes.length;
    const count = frame.connection.counts[frame.direction];
    count.packets++;
    count.bytes += frame.size;
    if (frame.type === "connect" || frame.type === "connack") frame.connection.introduce(frame);
  }

  // A tenth at a time, because removing from the front of an array costs its length.
  #forgetOldest(): void {
    const gone = this.#entries.splice(0, Math.ceil(this.#entries.length / 10));
    this.#forgotten += gone.length;
    for (const entry of gone) if (entry.kind === "frame") this.#bytes -= entry.bytes.length;
  }
}
