import { createServer, type Socket } from "node:net";
import { connectAsync, type MqttClient } from "mqtt";
import { generate, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import { openTap } from "../../wire/tap.ts";
import type { Entry, Frame } from "../../wire/transcript.ts";
import { within } from "./deadline.ts";
import type { Desk } from "./desk.ts";
import { isBrokerOwing } from "./owing.ts";
import { addSource } from "./quiet.ts";

/** What a scripted broker does with a packet of each type, instead of what brokers usually do. */
export type Script = {
  readonly [Type in Packet["cmd"]]?: (
    packet: Extract<Packet, { cmd: Type }>,
    line: ScriptedLine,
  ) => void;
};

/** One client's connection, as the script sees it. */
export interface ScriptedLine {
  /** All in one write, so that the client finds them together. */
  send(...packets: Packet[]): void;
  close(): void;
  /** End it without a word, and at once. */
  cut(): void;
}

/** The other end of the line, played by the check: it says what no real broker says on demand. */
export interface ScriptedBroker {
  readonly url: string;
  /** The lines that are open now, whose CONNECT has come. */
  readonly lines: ReadonlySet<ScriptedLine>;
  /** A client of MQTT 5 that does not reconnect, as the learner's function is given one. */
  client(base: string): Promise<MqttClient>;
  /** The packets that crossed the line so far. */
  frames(matches?: (frame: Frame) => boolean): Frame[];
  /** As `Desk.sees`, on this line. */
  sees(matches: (entry: Entry) => boolean, explain: () => Error, deadline?: number): Promise<Entry>;
}

/** Where the script says nothing: accept, acknowledge, grant what is asked for. Nothing is passed on. */
export const usual = {
  connect: (_packet, line) => line.send({ cmd: "connack", reasonCode: 0, sessionPresent: false }),
  publish: ({ qos, messageId = 0 }, line) => {
    if (qos === 1) line.send({ cmd: "puback", messageId });
  },
  subscribe: ({ messageId = 0, subscriptions }, line) =>
    line.send({ cmd: "suback", messageId, granted: subscriptions.map(({ qos }) => qos) }),
  unsubscribe: ({ messageId = 0, unsubscriptions }, line) =>
    line.send({ cmd: "unsuback", messageId, granted: unsubscriptions.map(() => 0) }),
  pingreq: (_packet, line) => line.send({ cmd: "pingresp" }),
} satisfies Script;

/** Open a scripted broker on loopback, until the check is over. */
export async function playBroker(desk: Desk, script: Script): Promise<ScriptedBroker> {
  const sockets = new Set<Socket>();
  const lines = new Set<ScriptedLine>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    const line: ScriptedLine = {
      send: (...packets) => {
        if (socket.destroyed) return;
        socket.write(Buffer.concat(packets.map((one) => generate(one, { protocolVersion: 5 }))));
      },
      close: () => socket.end(),
      cut: () => socket.destroy(),
    };
    socket.once("close", () => {
      sockets.delete(socket);
      lines.delete(line);
    });
    const incoming = parser({ protocolVersion: 5 });
    incoming.on("error", () => socket.destroy());
    incoming.on("packet", (packet) => {
      if (packet.cmd === "connect") lines.add(line);
      const play = ({ ...usual, ...script } as Script)[packet.cmd];
      (play as ((packet: Packet, line: ScriptedLine) => void) | undefined)?.(packet, line);
    });
    socket.on("data", (chunk) => incoming.parse(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const tap = await openTap(`mqtt://127.0.0.1:${port}`);
  const removeSource = addSource({
    sockets: () => tap.lines * 3 + sockets.size,
    traffic: () => tap.transcript.entries.length + tap.transcript.forgotten,
    settled: async () => !isBrokerOwing(tap.transcript.entries) && tap.settled(),
  });
  desk.atEnd(async () => {
    removeSource();
    await tap.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: tap.url,
    lines,
    client: async (base) => {
      const options = { clientId: desk.id(base), protocolVersion: 5, reconnectPeriod: 0 } as const;
      const client = await connectAsync(tap.url, options);
      desk.endLater(client);
      return client;
    },
    frames: (matches) => tap.transcript.frames(matches),
    sees: (matches, explain, deadline) => within(tap.transcript.seen(matches), explain, deadline),
  };
}

/** A message as a broker hands it on, with QoS 0. */
export function delivery(
  topic: string,
  payload: string,
  properties: NonNullable<IPublishPacket["properties"]> = {},
): IPublishPacket {
  return { cmd: "publish", topic, payload, qos: 0, retain: false, dup: false, properties };
}
