import { ReasonCodes } from "mqtt";
import type { Packet } from "mqtt-packet";
import { printable, shorten } from "./columns.ts";
import type { Closed, Fate, Frame } from "./transcript.ts";

/** A topic may have 65,535 bytes. */
const MAX_WORDS = 200;

/**
 * One packet in words, e.g. `PUBLISH q1 #7 retain sensors/co2/hall`. Never shows a password, nor
 * anything that a terminal would obey.
 */
export function describeFrame(frame: Frame): string {
  const words = frame.packet ? describePacket(frame.packet) : undecodable(frame);
  return `${shorten(printable(words), MAX_WORDS)}${describeFate(frame.fate)}`;
}

/** In brackets, where the packet did not just pass. */
export function describeFate(fate: Fate): string {
  return fate === "passed" ? "" : ` (${fates[fate]})`;
}

const fates = { dropped: "DROPPED", held: "HELD", delayed: "DELAYED", cut: "LINE CUT" } as const;

function undecodable(frame: Frame): string {
  const start = (frame.bytes.subarray(0, 8).toString("hex").match(/../g) ?? []).join(" ");
  return `undecodable (${frame.problem}): ${start}${frame.bytes.length > 8 ? " …" : ""}`;
}

/** The packet type in the specification's capitals, then the fields that matter, in its order. */
function describePacket(packet: Packet): string {
  return [packet.cmd.toUpperCase(), ...fields(packet)].filter(Boolean).join(" ");
}

const versions = { 3: "v3.1", 4: "v3.1.1", 5: "v5" } as const;

function fields(packet: Packet): (string | false | undefined)[] {
  switch (packet.cmd) {
    case "connect":
      return [
        versions[packet.protocolVersion ?? 4],
        packet.clientId || "(no client id)",
        packet.clean ? "clean" : "resume",
        seconds("expiry", packet.properties?.sessionExpiryInterval),
        packet.will &&
          `will q${packet.will.qos ?? 0}${packet.will.retain ? " retain" : ""} ${packet.will.topic}`,
      ];
    case "connack": {
      const code = packet.reasonCode ?? packet.returnCode ?? 0;
      return [
        code === 0 ? "accepted" : `refused: ${reason(code)}`,
        packet.sessionPresent && "session present",
      ];
    }
    case "publish":
      return [
        `q${packet.qos}`,
        packet.qos > 0 && `#${packet.messageId}`,
        packet.dup && "dup",
        packet.retain && "retain",
        packet.properties?.topicAlias !== undefined && `alias ${packet.properties.topicAlias}`,
        packet.topic || "(no topic)",
        seconds("expires", packet.properties?.messageExpiryInterval),
      ];
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp":
      return [`#${packet.messageId}`, packet.reasonCode ? reason(packet.reasonCode) : undefined];
    case "subscribe":
      return [
        `#${packet.messageId}`,
        packet.subscriptions.map(({ topic, qos }) => `${topic} q${qos}`).join(", "),
      ];
    case "suback":
      return [`#${packet.messageId}`, packet.granted.map((code) => grant(Number(code))).join(", ")];
    case "unsubscribe":
      return [`#${packet.messageId}`, packet.unsubscriptions.join(", ")];
    case "unsuback":
      return [`#${packet.messageId}`];
    case "disconnect":
    case "auth":
      return [packet.reasonCode ? reason(packet.reasonCode) : undefined];
    case "pingreq":
    case "pingresp":
      return [];
  }
}

/** A reason code in words, e.g. `16 No matching subscribers`. */
export function reason(code: number): string {
  return `${code} ${ReasonCodes[code as keyof typeof ReasonCodes] ?? "(unknown reason)"}`;
}

function grant(code: number): string {
  return code <= 2 ? `granted q${code}` : `refused: ${reason(code)}`;
}

function seconds(name: string, value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${name} ${value} s`;
}

/** Why a line closed, in words; nothing where the DISCONNECT before it said so already. */
export function describeClose({ by, error, refused, connection }: Closed): string | undefined {
  if (refused) return "connection refused by the tap";
  if (by === "tap") return "line cut by the tap";
  if (error?.startsWith("connect ")) return printable(`the broker was not reached: ${error}`);
  if (connection.saidDisconnect) return undefined;
  return printable(`line closed by the ${by}, no DISCONNECT${error ? `: ${error}` : ""}`);
}
