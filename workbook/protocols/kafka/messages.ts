import {
  type Direction,
  Inflow,
  type Purpose,
  type Segment,
  type Splitter,
  type WireMessage,
} from "../probe.ts";

/** The requests that a producer makes, by API key. */
const apis: Record<number, { readonly name: string; readonly purpose: Purpose }> = {
  0: { name: "Produce", purpose: "publish" },
  3: { name: "Metadata", purpose: "connect" },
  18: { name: "ApiVersions", purpose: "connect" },
};
const unknown = { name: "request", purpose: "upkeep" } as const;

/** Before every request and response: how many bytes follow. */
const SIZE = 4;

/** Kafka requests and responses. A response does not say what it answers, only the request's number. */
export class KafkaSplitter implements Splitter {
  readonly #inflow = { "to-server": new Inflow(), "to-client": new Inflow() };
  readonly #asked = new Map<number, number>();

  get pending(): number {
    return this.#inflow["to-server"].bytes.length + this.#inflow["to-client"].bytes.length;
  }

  push(direction: Direction, bytes: Buffer): WireMessage[] {
    const inflow = this.#inflow[direction];
    inflow.push(bytes);
    const messages: WireMessage[] = [];
    for (let frame = takeFrame(inflow); frame !== undefined; frame = takeFrame(inflow)) {
      messages.push(direction === "to-server" ? this.#request(frame) : this.#response(frame));
    }
    return messages;
  }

  #request(frame: Buffer): WireMessage {
    const { apiKey, correlation } = readRequestHead(frame);
    this.#asked.set(correlation, apiKey);
    const { topic, payload } = apiKey === 0 ? measureProduce(frame) : { topic: 0, payload: 0 };
    const rest = frame.length - SIZE - topic - payload;
    return {
      direction: "to-server",
      ...(apis[apiKey] ?? unknown),
      segments: [
        ...headed(rest),
        { kind: "topic", length: topic },
        { kind: "payload", length: payload },
      ],
    };
  }

  #response(frame: Buffer): WireMessage {
    const correlation = frame.readInt32BE(SIZE);
    const { name, purpose } = apis[this.#asked.get(correlation) ?? -1] ?? unknown;
    return {
      direction: "to-client",
      name: `${name} response`,
      purpose: purpose === "publish" ? "acknowledge" : purpose,
      segments: headed(frame.length - SIZE),
    };
  }
}

function headed(header: number): Segment[] {
  return [
    { kind: "frame", length: SIZE },
    { kind: "header", length: header },
  ];
}

/** The next whole request or response, with the size before it. */
export function takeFrame(inflow: Inflow): Buffer | undefined {
  const { bytes } = inflow;
  if (bytes.length < SIZE) return undefined;
  return inflow.take(SIZE + bytes.readInt32BE());
}

/** What every request begins with. */
export function readRequestHead(frame: Buffer): {
  apiKey: number;
  apiVersion: number;
  correlation: number;
  /** Where the request itself begins, behind the client id. */
  at: number;
} {
  const at = SIZE + 10 + Math.max(0, frame.readInt16BE(SIZE + 8));
  return {
    apiKey: frame.readInt16BE(SIZE),
    apiVersion: frame.readInt16BE(SIZE + 2),
    correlation: frame.readInt32BE(SIZE + 4),
    at,
  };
}

/** Where the parts of a Produce request (versions 3 to 8, one topic, one partition) lie. */
export function readProduce(frame: Buffer): { topic: string; partition: number; batch: Buffer } {
  const { at } = readRequestHead(frame);
  const transactional = frame.readInt16BE(at);
  // The transactional id, acks, the timeout and the number of topics.
  const name = at + 2 + Math.max(0, transactional) + 2 + 4 + 4;
  const length = frame.readInt16BE(name);
  // The number of partitions.
  const partition = name + 2 + length + 4;
  return {
    topic: frame.toString("utf8", name + 2, name + 2 + length),
    partition: frame.readInt32BE(partition),
    batch: frame.subarray(partition + 8, partition + 8 + frame.readInt32BE(partition + 4)),
  };
}

/** The length of a record batch before its first record. */
const BATCH_HEADER = 61;

function measureProduce(frame: Buffer): { topic: number; payload: number } {
  const { topic, batch } = readProduce(frame);
  let keys = 0;
  let values = 0;
  let at = BATCH_HEADER;
  const varint = () => {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = batch.readUInt8(at++);
      number += (byte & 0x7f) * 2 ** shift;
      // Zigzag: 0, -1, 1, -2 and so on.
      if (byte < 0x80) return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
    }
  };
  while (at < batch.length) {
    const length = varint();
    const next = at + length;
    at += 1; // attributes
    varint(); // time, as a difference
    varint(); // offset, as a difference
    const key = Math.max(0, varint());
    keys += key;
    at += key;
    values += Math.max(0, varint());
    at = next;
  }
  return { topic: Buffer.byteLength(topic) + keys, payload: values };
}
