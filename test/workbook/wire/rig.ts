import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { generate, type Packet } from "mqtt-packet";
import type { Fault } from "../../../workbook/wire/faults.ts";
import { openTap, type Tap } from "../../../workbook/wire/tap.ts";
import type { Entry, Frame } from "../../../workbook/wire/transcript.ts";

/** One end of a line: bytes out, bytes in, and how it ended. */
export class Peer {
  readonly #events: (() => void)[] = [];
  readonly #chunks: Buffer[] = [];
  #length = 0;
  /** Whether the other side has ended its half. */
  hasEnded = false;
  isClosed = false;
  error: string | undefined;

  constructor(readonly socket: Socket) {
    socket.on("data", (chunk) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#changed();
    });
    socket.on("end", () => {
      this.hasEnded = true;
      this.#changed();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error = error.code;
    });
    socket.on("close", () => {
      this.isClosed = true;
      this.#changed();
    });
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Resolves with what came, once it is so many bytes. */
  async bytes(count: number): Promise<Buffer> {
    await this.#until(() => this.#length >= count);
    return this.received;
  }

  ended(): Promise<void> {
    return this.#until(() => this.hasEnded || this.isClosed);
  }

  closed(): Promise<void> {
    return this.#until(() => this.isClosed);
  }

  /** Resolves when the bytes have left this process. */
  async send(bytes: Buffer): Promise<void> {
    await new Promise<void>((resolve) => this.socket.write(bytes, () => resolve()));
  }

  async #until(reached: () => boolean): Promise<void> {
    while (!reached()) await new Promise<void>((resolve) => this.#events.push(resolve));
  }

  #changed(): void {
    for (const heard of this.#events.splice(0)) heard();
  }
}

/** A tap, and behind it a broker that says only what the test has it say. */
export interface Rig extends Tap {
  /** A new line through the tap: its client's end and its broker's end. */
  line(): Promise<{ client: Peer; broker: Peer }>;
  /** A client alone, for a line that the tap will not make. */
  client(): Promise<Peer>;
  /** How many connections the broker got. */
  accepted(): number;
}

export async function openRig(): Promise<Rig> {
  const arrivals: Socket[] = [];
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    accepted++;
    arrivals.push(socket);
    server.emit("arrival");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const tap = await openTap(`mqtt://127.0.0.1:${portOf(server)}`);
  const peers: Peer[] = [];
  const client = async () => {
    const { port } = new URL(tap.url);
    const socket = connect({
      host: "127.0.0.1",
      port: Number(port),
      allowHalfOpen: true,
      noDelay: true,
    });
    const peer = new Peer(socket);
    peers.push(peer);
    await once(socket, "connect");
    return peer;
  };
  return {
    ...tap,
    // A spread would read it once and for all.
    get lines() {
      return tap.lines;
    },
    client,
    accepted: () => accepted,
    line: async () => {
      const near = await client();
      if (arrivals.length === 0) await once(server, "arrival");
      const far = new Peer(arrivals.shift() as Socket);
      peers.push(far);
      return { client: near, broker: far };
    },
    close: async () => {
      await tap.close();
      for (const { socket } of peers) socket.destroy();
      for (const socket of arrivals) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return address.port;
}

export function encode(packet: Packet, protocolVersion: 4 | 5 = 5): Buffer {
  return generate(packet, { protocolVersion });
}

export function connectPacket(
  clientId: string,
  protocolVersion: 4 | 5 = 5,
  more: object = {},
): Buffer {
  return encode(
    {
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion,
      clean: true,
      keepalive: 0,
      clientId,
      ...more,
    },
    protocolVersion,
  );
}

export function publishPacket(topic: string, qos: 0 | 1 | 2 = 0, messageId = 1): Buffer {
  const id = qos === 0 ? {} : { messageId };
  return encode({ cmd: "publish", topic, payload: "x", qos, dup: false, retain: false, ...id });
}

export function ack(cmd: "puback" | "pubrec" | "pubrel" | "pubcomp", messageId = 1): Buffer {
  return encode({ cmd, messageId, reasonCode: 0 });
}

/** Packets of this type, or on this topic. */
export function of(type: Frame["type"], topic?: string): (entry: Entry) => entry is Frame {
  return (entry): entry is Frame =>
    entry.kind === "frame" &&
    entry.type === type &&
    (topic === undefined || (entry.packet?.cmd === "publish" && entry.packet.topic === topic));
}

export const drop: Fault = { do: "drop" };
export const hold: Fault = { do: "hold" };
export const freeze: Fault = { do: "freeze" };
export const cutBefore: Fault = { do: "cut", when: "before" };
export const cutAfter: Fault = { do: "cut", when: "after" };

/** Cut bytes into chunks of these sizes, over and over. */
export function chop(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? bytes.length;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}
