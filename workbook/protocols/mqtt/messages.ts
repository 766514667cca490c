import { type Packet, parser } from "mqtt-packet";
import { FrameSplitter } from "../../wire/frames.ts";
import type { Direction, Purpose, Segment, Splitter, WireMessage } from "../probe.ts";

const purposes: Partial<Record<Packet["cmd"], Purpose>> = {
  connect: "connect",
  connack: "connect",
  publish: "publish",
  pubrel: "publish",
  puback: "acknowledge",
  pubrec: "acknowledge",
  pubcomp: "acknowledge",
};

/** MQTT control packets, from the fixed header on. */
export class MqttSplitter implements Splitter {
  readonly #frames = { "to-server": new FrameSplitter(), "to-client": new FrameSplitter() };

  constructor(private readonly protocolVersion: 4 | 5) {}

  get pending(): number {
    return this.#frames["to-server"].pending + this.#frames["to-client"].pending;
  }

  push(direction: Direction, bytes: Buffer): WireMessage[] {
    return this.#frames[direction].push(bytes).map((frame) => {
      const packet = decode(frame.bytes, this.protocolVersion);
      return {
        direction,
        name: packet.cmd.toUpperCase(),
        purpose: purposes[packet.cmd] ?? "upkeep",
        segments: segmentsOf(frame.bytes, packet),
      };
    });
  }
}

function decode(bytes: Buffer, protocolVersion: 4 | 5): Packet {
  let packet: Packet | undefined;
  const decoder = parser({ protocolVersion });
  decoder.on("packet", (decoded) => {
    packet = decoded;
  });
  decoder.parse(bytes);
  if (packet === undefined) throw new Error("not an MQTT packet");
  return packet;
}

function segmentsOf(bytes: Buffer, packet: Packet): Segment[] {
  // The type's byte, then the remaining length: its last byte is the first without the highest bit.
  const frame = 2 + bytes.subarray(1).findIndex((byte) => byte < 0x80);
  const [topic, payload] =
    packet.cmd === "publish"
      ? [Buffer.byteLength(packet.topic), Buffer.byteLength(packet.payload)]
      : [0, 0];
  return [
    { kind: "frame", length: frame },
    { kind: "header", length: bytes.length - frame - topic - payload },
    { kind: "topic", length: topic },
    { kind: "payload", length: payload },
  ];
}
