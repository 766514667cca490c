import { type Direction, Inflow, type Purpose, type Splitter, type WireMessage } from "../probe.ts";

/** Type, channel and size before the content of a frame, in bytes; one more comes after it. */
export const FRAME_HEAD = 7;
export const FRAME_END = 0xce;
/** `AMQP`, 0, and the version: the first that a client says. */
export const GREETING = Buffer.from("AMQP\x00\x00\x09\x01", "latin1");

/** The frame types of AMQP 0-9-1. */
export const frameTypes = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;

/** The methods that a publisher meets, by class and number. */
export const methods = {
  connectionStart: "10.10",
  connectionStartOk: "10.11",
  connectionTune: "10.30",
  connectionTuneOk: "10.31",
  connectionOpen: "10.40",
  connectionOpenOk: "10.41",
  connectionClose: "10.50",
  connectionCloseOk: "10.51",
  channelOpen: "20.10",
  channelOpenOk: "20.11",
  channelClose: "20.40",
  channelCloseOk: "20.41",
  basicPublish: "60.40",
  basicAck: "60.80",
  confirmSelect: "85.10",
  confirmSelectOk: "85.11",
} as const;

const names = new Map(Object.entries(methods).map(([name, number]) => [number as string, name]));

/** AMQP 0-9-1 frames. A message is three kinds of them: the method, its header, its body. */
export class AmqpSplitter implements Splitter {
  readonly #inflow = { "to-server": new Inflow(), "to-client": new Inflow() };
  #greeted = false;

  get pending(): number {
    return this.#inflow["to-server"].bytes.length + this.#inflow["to-client"].bytes.length;
  }

  push(direction: Direction, bytes: Buffer): WireMessage[] {
    const inflow = this.#inflow[direction];
    inflow.push(bytes);
    const messages: WireMessage[] = [];
    if (direction === "to-server" && !this.#greeted) {
      if (inflow.take(GREETING.length) === undefined) return [];
      this.#greeted = true;
      const segments = [{ kind: "header", length: GREETING.length }] as const;
      messages.push({ direction, name: "protocol header", purpose: "connect", segments });
    }
    for (let frame = takeFrame(inflow); frame !== undefined; frame = takeFrame(inflow)) {
      messages.push(describe(direction, frame));
    }
    return messages;
  }
}

/** The next whole frame, with its head and its end. */
export function takeFrame(inflow: Inflow): Buffer | undefined {
  const { bytes } = inflow;
  if (bytes.length < FRAME_HEAD) return undefined;
  return inflow.take(FRAME_HEAD + bytes.readUInt32BE(3) + 1);
}

/** Class and number of the method in this frame, e.g. `60.40`, if it is a method's. */
export function methodOf(frame: Buffer): string | undefined {
  if (frame[0] !== frameTypes.method) return undefined;
  return `${frame.readUInt16BE(FRAME_HEAD)}.${frame.readUInt16BE(FRAME_HEAD + 2)}`;
}

function describe(direction: Direction, frame: Buffer): WireMessage {
  const envelope = FRAME_HEAD + 1;
  const content = frame.length - envelope;
  const method = methodOf(frame);
  const payload = frame[0] === frameTypes.body ? content : 0;
  const topic = method === methods.basicPublish ? routingKeyLength(frame) : 0;
  return {
    direction,
    name: nameOf(frame, method),
    purpose: purposeOf(frame, method),
    segments: [
      { kind: "frame", length: envelope },
      { kind: "header", length: content - topic - payload },
      { kind: "topic", length: topic },
      { kind: "payload", length: payload },
    ],
  };
}

/** Behind the method come two reserved bytes, then two short strings: exchange and routing key. */
function routingKeyLength(frame: Buffer): number {
  const exchange = FRAME_HEAD + 4 + 2;
  const routingKey = exchange + 1 + frame.readUInt8(exchange);
  return frame.readUInt8(routingKey);
}

function nameOf(frame: Buffer, method: string | undefined): string {
  if (method !== undefined) return names.get(method) ?? `method ${method}`;
  if (frame[0] === frameTypes.header) return "content header";
  return frame[0] === frameTypes.body ? "content body" : "heartbeat";
}

function purposeOf(frame: Buffer, method: string | undefined): Purpose {
  if (frame[0] === frameTypes.header || frame[0] === frameTypes.body) return "publish";
  if (method === methods.basicPublish) return "publish";
  if (method === methods.basicAck) return "acknowledge";
  const leaving: readonly (string | undefined)[] = [
    undefined,
    methods.connectionClose,
    methods.connectionCloseOk,
    methods.channelClose,
    methods.channelCloseOk,
  ];
  return leaving.includes(method) ? "upkeep" : "connect";
}
