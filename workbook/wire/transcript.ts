import { EventEmitter } from "node:events";
import { type Packet, type PacketCmd, type Parser, parser } from "mqtt-packet";
import { printable } from "./columns.ts";

export type Direction = "to-broker" | "to-client";

/** One TCP connection through the tap. Called by its client id as soon as that is known. */
export class Connection {
  clientId: string | undefined;
  /** 4 is MQTT 3.1.1, 5 is MQTT 5. Until a CONNECT was seen the tap decodes as 3.1.1. */
  protocolVersion: 3 | 4 | 5 = 4;
  /** Bytes and packets that the tap received, by direction, whatever became of them. */
  readonly counts = newCounts();
  /** A DISCONNECT went over the line, in either direction: a close after it is no surprise. */
  saidDisconnect = false;

  constructor(readonly number: number) {}

  /** For people: the client id, or the number of the connection while there is none. */
  get name(): string {
    return printable(this.clientId || `connection ${this.number}`);
  }

  /** Learn from a CONNECT, or from the CONNACK that assigns a client id, who is at the other end. */
  introduce(frame: Frame): void {
    const { type, direction } = frame;
    if (type === "connect" && direction === "to-broker" && frame.packet?.cmd === "connect") {
      this.clientId = frame.packet.clientId;
      this.protocolVersion = frame.packet.protocolVersion ?? 4;
    } else if (type === "connack" && direction === "to-client" && frame.packet?.cmd === "connack") {
      this.clientId ||= frame.packet.properties?.assignedClientIdentifier;
    }
  }
}

/** Packets and bytes in each direction. */
export type Counts = Record<Direction, { packets: number; bytes: number }>;

export function newCounts(): Counts {
  return { "to-broker": { packets: 0, bytes: 0 }, "to-client": { packets: 0, bytes: 0 } };
}

/** What the tap did with a packet: `held` and `delayed` become `passed` when they are let go. */
export type Fate = "passed" | "dropped" | "held" | "delayed" | "cut";

export const packetTypes: readonly (PacketCmd | undefined)[] = [
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

/** One for each protocol version, at rest between two packets: making one costs more than using it. */
const idle = new Map<number, Parser>();

function decode(bytes: Buffer, protocolVersion: number): { packet: Packet } | { problem: string } {
  const decoder = idle.get(protocolVersion) ?? parser({ protocolVersion });
  // It comes back below if it is as good as new.
  idle.delete(protocolVersion);
  let packet: Packet | undefined;
  let problem = "not an MQTT packet";
  decoder.on("packet", (decoded) => {
    packet = decoded;
  });
  decoder.on("error", (error: Error) => {
    problem = error.message;
  });
  try {
    const left = decoder.parse(bytes);
    decoder.removeAllListeners();
    // A CONNECT sets the version of the packets after it.
    if (packet && left === 0 && packet.cmd !== "connect") idle.set(protocolVersion, decoder);
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  return packet === undefined ? { problem } : { packet };
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
  /** The tap did not let this connection begin. */
  readonly refused?: true;
}

export type Entry = Frame | Opened | Closed;

/** The most entries and bytes that a transcript holds; the oldest are let go beyond that. */
const MAX_ENTRIES = 20_000;
const MAX_BYTES = 32 * 1024 * 1024;

/** What crossed a tap, in the order in which the tap saw it. Memory is bounded, counts are not cut. */
export class Transcript {
  readonly #entries: Entry[] = [];
  readonly #events = new EventEmitter().setMaxListeners(0);
  /** All that the tap received, also what is no longer held. */
  readonly counts = newCounts();
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

  /** What became of a frame that was recorded as held or delayed. */
  settle(frame: Frame, fate: Fate): void {
    frame.fate = fate;
    this.#noteDisconnect(frame);
    this.#events.emit("settled", frame);
  }

  /** Hear of each frame that was held or delayed, once its fate is settled. Returns how to stop hearing. */
  onSettled(listener: (frame: Frame) => void): () => void {
    this.#events.on("settled", listener);
    return () => this.#events.off("settled", listener);
  }

  /** The packets among the entries that match, or all, oldest first. */
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
    for (const counts of [this.counts, frame.connection.counts]) {
      counts[frame.direction].packets++;
      counts[frame.direction].bytes += frame.size;
    }
    this.#noteDisconnect(frame);
  }

  #noteDisconnect(frame: Frame): void {
    if (frame.type === "disconnect" && frame.fate === "passed") {
      frame.connection.saidDisconnect = true;
    }
  }

  // A tenth at a time, because removing from the front of an array costs its length.
  #forgetOldest(): void {
    const gone = this.#entries.splice(0, Math.ceil(this.#entries.length / 10));
    this.#forgotten += gone.length;
    for (const entry of gone) if (entry.kind === "frame") this.#bytes -= entry.bytes.length;
  }
}
