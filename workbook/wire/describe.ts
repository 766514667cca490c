import { ReasonCodes } from "mqtt";
import type { ISubscription, Packet, UserProperties } from "mqtt-packet";
import { printable, shortenEnd, shortenStart, widthOf } from "./columns.ts";
import type { Closed, Fate, Frame } from "./transcript.ts";

/** A topic may have 65,535 bytes. */
const MAX_WORDS = 200;
/** A topic shorter than this says nothing. */
const MIN_TOPIC = 10;

/**
 * One packet in words, e.g. `PUBLISH q1 #7 retain sensors/co2/hall`. Never shows a password, nor
 * anything that a terminal would obey.
 *
 * @param room in columns; where it is scarce, what tells the least is left out
 */
export function describeFrame(frame: Frame, room = MAX_WORDS): string {
  const fate = describeFate(frame.fate);
  const words = frame.packet ? partsOf(frame.packet) : [undecodable(frame)];
  return `${withinRoom(words, room - fate.length)}${fate}`;
}

/** A part of a description; plain text is what must be said. */
type Part =
  | string
  /** The end of a topic tells more than its beginning. */
  | { readonly topic: string }
  /** What tells less than the rest: that of the highest rank is left out first. */
  | { readonly spare: string; readonly rank: 1 | 2 | 3 };

function withinRoom(parts: readonly Part[], room: number): string {
  let left = parts;
  for (const rank of [3, 2, 1]) {
    const text = squeeze(left, room);
    if (widthOf(text) <= room) return text;
    left = left.filter((part) => !(isSpare(part) && part.rank === rank));
  }
  return shortenEnd(squeeze(left, room), room);
}

function isSpare(part: Part): part is Extract<Part, { rank: number }> {
  return typeof part !== "string" && "spare" in part;
}

/** With its topic no longer than there is room for. */
function squeeze(parts: readonly Part[], room: number): string {
  const texts = parts.map((part) => {
    if (typeof part === "string") return printable(part);
    return printable(isSpare(part) ? part.spare : part.topic);
  });
  const excess = widthOf(texts.join(" ")) - room;
  return parts
    .map((part, index) => {
      const text = texts[index] ?? "";
      const isTopic = typeof part !== "string" && "topic" in part;
      return isTopic ? shortenStart(text, Math.max(MIN_TOPIC, widthOf(text) - excess)) : text;
    })
    .join(" ");
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
function partsOf(packet: Packet): Part[] {
  return [packet.cmd.toUpperCase(), ...fields(packet)].filter(
    (part) => part !== false && part !== undefined,
  );
}

const versions = { 3: "v3.1", 4: "v3.1.1", 5: "v5" } as const;

function fields(packet: Packet): (Part | false | undefined)[] {
  switch (packet.cmd) {
    case "connect":
      return [
        { spare: versions[packet.protocolVersion ?? 4], rank: 1 },
        // A diagram has it over the column.
        { spare: packet.clientId || "(no client id)", rank: 3 },
        packet.clean ? "clean" : "resume",
        seconds("expiry", packet.properties?.sessionExpiryInterval),
        number("receive max", packet.properties?.receiveMaximum),
        packet.properties?.authenticationMethod && `auth ${packet.properties.authenticationMethod}`,
        packet.will && `will q${packet.will.qos ?? 0}${packet.will.retain ? " retain" : ""}`,
        packet.will && { spare: packet.will.topic, rank: 2 },
        seconds("delay", packet.will?.properties?.willDelayInterval),
      ];
    case "connack": {
      const code = packet.reasonCode ?? packet.returnCode ?? 0;
      return [
        code === 0 ? { spare: "accepted", rank: 1 } : `refused: ${reason(code)}`,
        packet.sessionPresent && "session present",
      ];
    }
    case "publish":
      return [
        `q${packet.qos}`,
        packet.qos > 0 && packetId(packet),
        packet.dup && "dup",
        packet.retain && "retain",
        packet.properties?.topicAlias !== undefined && `alias ${packet.properties.topicAlias}`,
        packet.topic === "" ? "(no topic)" : { topic: packet.topic },
        seconds("expires", packet.properties?.messageExpiryInterval),
        ...[packet.properties?.subscriptionIdentifier ?? []].flat().map((id) => `sub ${id}`),
        packet.properties?.contentType,
        ...pairs(packet.properties?.userProperties),
      ];
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp":
      return [packetId(packet), packet.reasonCode ? reason(packet.reasonCode) : undefined];
    case "subscribe":
      return [
        packetId(packet),
        { topic: packet.subscriptions.map(describeSubscription).join(", ") },
        number("sub", packet.properties?.subscriptionIdentifier),
      ];
    case "suback":
      return [packetId(packet), packet.granted.map((code) => grant(Number(code))).join(", ")];
    case "unsubscribe":
      return [packetId(packet), { topic: packet.unsubscriptions.join(", ") }];
    case "unsuback":
      return [packetId(packet)];
    case "disconnect":
    case "auth":
      return [
        packet.reasonCode ? reason(packet.reasonCode) : undefined,
        packet.properties?.reasonString && `"${packet.properties.reasonString}"`,
      ];
    case "pingreq":
    case "pingresp":
      return [];
  }
}

function packetId({ messageId }: { messageId?: number | undefined }): Part {
  // It ties the packets of a flow together, as their order does.
  return { spare: `#${messageId}`, rank: 2 };
}

/** A reason code in words, e.g. `16 No matching subscribers`. */
export function reason(code: number): string {
  return `${code} ${ReasonCodes[code as keyof typeof ReasonCodes] ?? "(unknown reason)"}`;
}

function grant(code: number): string {
  return code <= 2 ? `granted q${code}` : `refused: ${reason(code)}`;
}

/** The options only where they are not the usual ones. */
function describeSubscription({ topic, qos, nl, rap, rh }: ISubscription): string {
  return [topic, `q${qos}`, nl && "nl", rap && "rap", rh && `rh ${rh}`].filter(Boolean).join(" ");
}

/** e.g. `via=cellar`, each as often as it stands there. */
function pairs(properties: UserProperties | undefined): string[] {
  return Object.entries(properties ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}=${value}`),
  );
}

function number(name: string, value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${name} ${value}`;
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
  return printable(`closed by the ${by}, no DISCONNECT${error ? `: ${error}` : ""}`);
}
