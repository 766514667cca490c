import type { Batch } from "./batch.ts";
import type { System } from "./systems.ts";

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A server to measure against: a real one, or an answering machine in this process. */
export interface Endpoint extends Address {
  readonly kind: "fake" | "server";
  /** For people, e.g. `RabbitMQ 3.10.8`. */
  readonly name: string;
  close(): Promise<void>;
}

export type Direction = "to-server" | "to-client";

/**
 * What some bytes of a message are there for:
 *
 * - `frame`: to tell where messages begin and end
 * - `header`: what the protocol has to say beside the message
 * - `topic`: the topic's name and, where it stands apart from that, the sensor's
 * - `payload`: the reading
 * - `padding`: nothing
 */
export const segmentKinds = ["frame", "header", "topic", "payload", "padding"] as const;
export type SegmentKind = (typeof segmentKinds)[number];

export interface Segment {
  readonly kind: SegmentKind;
  /** In bytes. */
  readonly length: number;
}

/**
 * Why a message crossed the wire: to get ready, to publish, to say that it was published, or none of
 * these (a ping, a goodbye).
 */
export type Purpose = "connect" | "publish" | "acknowledge" | "upkeep";

/** One message of a protocol, as it stood on the wire. */
export interface WireMessage {
  readonly direction: Direction;
  /** As the protocol calls it, e.g. `PUBLISH` or `Produce`. */
  readonly name: string;
  readonly purpose: Purpose;
  /** Their lengths sum to the bytes on the wire. */
  readonly segments: readonly Segment[];
  /** Nobody waits for it: it makes no round trip. */
  readonly unawaited?: true;
}

/** Cuts both directions of one connection into messages. */
export interface Splitter {
  /** Take the next bytes; return the messages that they complete, in order. */
  push(direction: Direction, bytes: Buffer): WireMessage[];
  /** How many bytes of unfinished messages have come. */
  readonly pending: number;
}

/** The line between client and server, as a session may look at it. */
export interface Line extends Address {
  /** Resolves when so many bytes went to the server. */
  carried(bytes: number): Promise<void>;
}

/** A client that is connected and ready to publish. */
export interface Session {
  /** Publish; resolves when the server has acknowledged all of it, where the protocol has that. */
  send(batch: Batch): Promise<void>;
  close(): Promise<void>;
}

/** How to measure one way of publishing. */
export interface Probe {
  /** e.g. `mqtt-5-qos-1` */
  readonly id: string;
  readonly system: System;
  /** For people, e.g. `MQTT 5, QoS 1`. */
  readonly label: string;
  /** An in-process server that says just enough for the client to publish. */
  fake(): Promise<Endpoint>;
  /** Make the topics that a real server lacks, on a connection that is not recorded. */
  prepare?(server: Address): Promise<void>;
  /**
   * Connect the real client library.
   *
   * @param line where to connect: the recorder
   * @param server what is behind it, for clients that want to know it by its own name
   */
  open(line: Line, server: Address): Promise<Session>;
  splitter(): Splitter;
}

/** What is to follow of a byte stream, and how to wait for enough of it. */
export class Inflow {
  #bytes: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** The first so many bytes, if there are as many. */
  take(length: number): Buffer | undefined {
    if (this.#bytes.length < length) return undefined;
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }
}

/** The lengths of all segments together, or of those of one kind, in bytes. */
export function sizeOf({ segments }: WireMessage, kind?: SegmentKind): number {
  return segments.reduce(
    (sum, segment) => sum + (kind === undefined || segment.kind === kind ? segment.length : 0),
    0,
  );
}
