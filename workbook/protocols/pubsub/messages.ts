import {
  type Direction,
  Inflow,
  type Purpose,
  type Segment,
  type Splitter,
  type WireMessage,
} from "../probe.ts";

/** What an HTTP/2 client says first. */
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** Length, type, flags and stream, before the content of every HTTP/2 frame. */
const FRAME_HEAD = 9;
/** Before every gRPC message: whether it is compressed, and its length. */
const GRPC_PREFIX = 5;

const types = [
  "DATA",
  "HEADERS",
  "PRIORITY",
  "RST_STREAM",
  "SETTINGS",
  "PUSH_PROMISE",
  "PING",
  "GOAWAY",
  "WINDOW_UPDATE",
  "CONTINUATION",
];
const PADDED = 0x8;
const ACK = 0x1;

/** HTTP/2 frames, and the gRPC messages in them. */
export class PubsubSplitter implements Splitter {
  readonly #inflow = { "to-server": new Inflow(), "to-client": new Inflow() };
  /** Messages that began in a DATA frame and go on in the next, by stream. */
  readonly #unfinished = {
    "to-server": new Map<number, Data>(),
    "to-client": new Map<number, Data>(),
  };
  #greeted = false;

  get pending(): number {
    const unfinished = Object.values(this.#unfinished).flatMap((map) => [...map.values()]);
    return [...Object.values(this.#inflow), ...unfinished.map(({ body }) => body)].reduce(
      (sum, { bytes }) => sum + bytes.length,
      unfinished.reduce((sum, { frame, padding }) => sum + frame + padding, 0),
    );
  }

  push(direction: Direction, bytes: Buffer): WireMessage[] {
    const inflow = this.#inflow[direction];
    inflow.push(bytes);
    const messages: WireMessage[] = [];
    if (direction === "to-server" && !this.#greeted) {
      if (inflow.take(PREFACE.length) === undefined) return [];
      this.#greeted = true;
      const segments = [{ kind: "header", length: PREFACE.length }] as const;
      messages.push({ direction, name: "preface", purpose: "connect", segments });
    }
    for (let frame = takeFrame(inflow); frame !== undefined; frame = takeFrame(inflow)) {
      const name = types[frame[3] ?? 0] ?? "extension";
      const message =
        name === "DATA" ? this.#data(direction, frame) : describe(direction, name, frame);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  }

  /** Undefined while the gRPC message in it goes on in the next frame. */
  #data(direction: Direction, frame: Buffer): WireMessage | undefined {
    const stream = frame.readUInt32BE(5);
    const data = this.#unfinished[direction].get(stream) ?? {
      frame: 0,
      padding: 0,
      body: new Inflow(),
    };
    const padding = paddingOf(frame);
    const start = FRAME_HEAD + (padding > 0 ? 1 : 0);
    data.frame += FRAME_HEAD;
    data.padding += padding;
    data.body.push(frame.subarray(start, start + frame.length - FRAME_HEAD - padding));
    const { bytes } = data.body;
    if (
      bytes.length > 0 &&
      (bytes.length < GRPC_PREFIX || bytes.length < GRPC_PREFIX + bytes.readUInt32BE(1))
    ) {
      this.#unfinished[direction].set(stream, data);
      return undefined;
    }
    this.#unfinished[direction].delete(stream);
    const prefix = Math.min(GRPC_PREFIX, bytes.length);
    const content = bytes.subarray(prefix);
    const { topic, payload } =
      direction === "to-server" ? measurePublish(content) : { topic: 0, payload: 0 };
    return {
      direction,
      name: "DATA",
      purpose: purposeOf("DATA", direction),
      segments: [
        { kind: "frame", length: data.frame + prefix },
        { kind: "header", length: content.length - topic - payload },
        { kind: "topic", length: topic },
        { kind: "payload", length: payload },
        { kind: "padding", length: data.padding },
      ],
    };
  }
}

interface Data {
  frame: number;
  padding: number;
  readonly body: Inflow;
}

/** The next whole HTTP/2 frame. */
function takeFrame(inflow: Inflow): Buffer | undefined {
  const { bytes } = inflow;
  if (bytes.length < FRAME_HEAD) return undefined;
  return inflow.take(FRAME_HEAD + bytes.readUIntBE(0, 3));
}

/** The byte that says how long the padding is, and the padding. */
function paddingOf(frame: Buffer): number {
  return (frame[4] ?? 0) & PADDED ? 1 + (frame[FRAME_HEAD] ?? 0) : 0;
}

function describe(direction: Direction, name: string, frame: Buffer): WireMessage {
  const padding = name === "HEADERS" ? paddingOf(frame) : 0;
  const segments: Segment[] = [
    { kind: "frame", length: FRAME_HEAD },
    { kind: "header", length: frame.length - FRAME_HEAD - padding },
    { kind: "padding", length: padding },
  ];
  const acknowledges = (frame[4] ?? 0) & ACK && name === "SETTINGS";
  return {
    direction,
    name: acknowledges ? "SETTINGS ACK" : name,
    purpose: purposeOf(name, direction),
    segments,
    // A client may publish before it has sent this.
    ...(acknowledges && direction === "to-server" ? { unawaited: true } : {}),
  };
}

function purposeOf(name: string, direction: Direction): Purpose {
  if (name === "SETTINGS") return "connect";
  if (!["DATA", "HEADERS", "CONTINUATION"].includes(name)) return "upkeep";
  return direction === "to-server" ? "publish" : "acknowledge";
}

/** The bytes of a PublishRequest that are topic, attribute value or data, by the numbers of its fields. */
function measurePublish(request: Buffer): { topic: number; payload: number } {
  let topic = 0;
  let payload = 0;
  for (const { number, content } of fieldsOf(request)) {
    if (number === 1) topic += content.length;
    if (number !== 2) continue;
    for (const field of fieldsOf(content)) {
      if (field.number === 1) payload += field.content.length;
      if (field.number !== 2) continue;
      const value = fieldsOf(field.content).find((part) => part.number === 2);
      topic += value?.content.length ?? 0;
    }
  }
  return { topic, payload };
}

/** The fields of a protobuf message. All of those that we meet have a length. */
function fieldsOf(message: Buffer): { number: number; content: Buffer }[] {
  const fields: { number: number; content: Buffer }[] = [];
  let at = 0;
  const varint = () => {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message.readUInt8(at++);
      number += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return number;
    }
  };
  while (at < message.length) {
    const number = varint() >> 3;
    const length = varint();
    fields.push({ number, content: message.subarray(at, at + length) });
    at += length;
  }
  return fields;
}
