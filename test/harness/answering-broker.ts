import { createServer, type Socket } from "node:net";
import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet";
import { openTap } from "../../workbook/wire/tap.ts";
import type { Entry, Frame } from "../../workbook/wire/transcript.ts";
import { within } from "./deadline.ts";
import type { Desk } from "./desk.ts";

/** A client's line, as the broker's side sees it. */
export interface Line {
  readonly connect: IConnectPacket;
  send(packet: Packet): void;
  /** End it without a word. */
  cut(): void;
}

/** What a packet is answered with: `undefined` leaves it to the broker. */
export type Script = (packet: Packet, line: Line) => Packet | "nothing" | undefined;

/**
 * A broker that does what a check tells it, behind a tap: for what no real broker can be asked for, such
 * as refusing a client three times. It delivers no messages. What the script does not answer, it answers
 * as a broker would that is content.
 */
export interface ScriptedBroker {
  readonly url: string;
  /** The lines that are open now, whose CONNECT has come. */
  readonly lines: ReadonlySet<Line>;
  frames(matches?: (frame: Frame) => boolean): Frame[];
  sees(matches: (entry: Entry) => boolean, explain: () => Error, deadline?: number): Promise<Entry>;
}

export async function openScriptedBroker(desk: Desk, script: Script): Promise<ScriptedBroker> {
  const lines = new Set<Line>();
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let line: Line | undefined;
    socket.on("error", () => {});
    socket.once("close", () => {
      sockets.delete(socket);
      if (line) lines.delete(line);
    });
    const send = (packet: Packet) => {
      if (!socket.destroyed) socket.write(generate(packet, { protocolVersion: 5 }));
    };
    const incoming = parser({ protocolVersion: 5 });
    incoming.on("packet", (packet) => {
      if (packet.cmd === "connect") {
        line = { connect: packet, send, cut: () => socket.destroy() };
        lines.add(line);
      }
      if (line === undefined) return;
      const answer = script(packet, line) ?? contentAnswer(packet);
      if (answer !== "nothing") send(answer);
    });
    socket.on("data", (chunk) => incoming.parse(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const tap = await openTap(`mqtt://127.0.0.1:${port}`);
  desk.atEnd(async () => {
    await tap.close();
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return {
    url: tap.url,
    lines,
    frames: (matches) => tap.transcript.frames(matches),
    sees: (matches, explain, deadline) => within(tap.transcript.seen(matches), explain, deadline),
  };
}

function contentAnswer(packet: Packet): Packet | "nothing" {
  switch (packet.cmd) {
    case "connect":
      return { cmd: "connack", reasonCode: 0, sessionPresent: false };
    case "publish":
      return packet.qos === 1
        ? { cmd: "puback", messageId: packet.messageId ?? 0, reasonCode: 0 }
        : "nothing";
    case "subscribe":
      return {
        cmd: "suback",
        messageId: packet.messageId ?? 0,
        granted: packet.subscriptions.map(({ qos }) => qos),
      };
    case "pingreq":
      return { cmd: "pingresp" };
    default:
      return "nothing";
  }
}
