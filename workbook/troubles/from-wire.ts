import type { Packet, PacketCmd } from "mqtt-packet";
import { printable, shortName } from "../wire/columns.ts";
import { reason } from "../wire/describe.ts";
import { filterMatches } from "../wire/filters.ts";
import type { Closed, Connection, Entry, Frame } from "../wire/transcript.ts";
import { type Diagnosis, diagnose } from "./diagnosis.ts";
import { diagnoseRefusal } from "./refusals.ts";

/** How often one client id is thrown out before it is a clash and not a client that took its place. */
const CLASH = 2;

/**
 * What went wrong on the wire, whatever the program made of it; the likeliest cause first.
 *
 * @param from the first entry that counts: what came before is known, and is not told again
 */
export function diagnoseWire(entries: readonly Entry[], from = 0): Diagnosis[] {
  const connections = new Map<Connection, Line>();
  const takeovers = new Map<string, Entry[]>();
  const found: Diagnosis[] = [];
  for (const [index, entry] of entries.entries()) {
    const line = connections.get(entry.connection) ?? new Line();
    connections.set(entry.connection, line);
    const tell = (diagnosis: Diagnosis | undefined) => {
      if (diagnosis && index >= from) found.push(diagnosis);
    };
    if (entry.kind === "frame") {
      if (entry.type === "connect") {
        for (const [other, { open }] of connections) {
          if (open && sameClient(other, entry.connection)) connections.get(other)?.lose(entry);
        }
      }
      line.take(entry);
      if (entry.direction === "to-client") tell(judgeAnswer(entry, line));
    } else if (entry.kind === "closed") {
      line.open = false;
      const { rival } = line;
      if (entry.by === "broker" && rival !== undefined && index >= from) {
        const client = entry.connection.name;
        takeovers.set(client, [...(takeovers.get(client) ?? []), rival, entry]);
      } else {
        tell(judgeClose(entry, line));
      }
    }
  }
  const clashes = [...takeovers].flatMap(([client, evidence]) =>
    evidence.length < 2 * CLASH
      ? []
      : [diagnose("clientIdClash", { client: shortName(client) }, evidence.slice(-4))],
  );
  return [...clashes, ...found.reverse()];
}

/** One connection, as far as it matters to its end. */
class Line {
  open = true;
  /** The CONNECT of another connection with the same client id. */
  rival: Frame | undefined;
  keepAlive = 0;
  maximumPacketSize = Number.POSITIVE_INFINITY;
  lastSent: Frame | undefined;
  accepted = false;
  /** A PINGREQ that has no PINGRESP. */
  ping: Frame | undefined;

  lose(to: Frame): void {
    this.rival ??= to;
  }

  take(frame: Frame): void {
    if (frame.direction === "to-broker") this.lastSent = frame;
    if (frame.type === "pingreq") this.ping = frame;
    if (frame.type === "pingresp") this.ping = undefined;
    const { packet } = frame;
    if (packet?.cmd === "connect") this.keepAlive = packet.keepalive ?? 0;
    if (packet?.cmd === "connack") {
      this.accepted = codeOf(packet) === 0;
      const { serverKeepAlive, maximumPacketSize } = packet.properties ?? {};
      this.keepAlive = serverKeepAlive ?? this.keepAlive;
      this.maximumPacketSize = maximumPacketSize ?? this.maximumPacketSize;
    }
  }
}

function sameClient(one: Connection, other: Connection): boolean {
  return one !== other && Boolean(one.clientId) && one.clientId === other.clientId;
}

function judgeAnswer(frame: Frame, line: Line): Diagnosis | undefined {
  const { packet } = frame;
  switch (packet?.cmd) {
    case "connack":
      return codeOf(packet) === 0 ? undefined : diagnoseRefusal(codeOf(packet), [frame]);
    case "suback": {
      const refused = packet.granted.map(Number).find((code) => code >= 128);
      if (refused === undefined) return undefined;
      return diagnose("subscriptionRefused", { reason: reason(refused) }, [frame]);
    }
    case "puback":
    case "pubrec":
      if (codeOf(packet) < 128) return undefined;
      return diagnose("publishRefused", { reason: reason(codeOf(packet)) }, [frame]);
    case "disconnect":
      return judgeDisconnect(frame, codeOf(packet), line);
    default:
      return undefined;
  }
}

/** A DISCONNECT from the broker. 142, Session taken over, is told with the client that took it. */
function judgeDisconnect(frame: Frame, code: number, line: Line): Diagnosis | undefined {
  const evidence = [...(line.lastSent ? [line.lastSent] : []), frame];
  if (code === 141) return diagnose("keepAliveTimeout", {}, evidence);
  if (code === 149) return diagnose("packetTooLarge", {}, evidence);
  if (code === 142) return undefined;
  const client = shortName(frame.connection.name);
  return diagnose("disconnected", { client, reason: reason(code) }, evidence);
}

function judgeClose(closed: Closed, line: Line): Diagnosis | undefined {
  const { lastSent, ping } = line;
  if (closed.by === "client" && ping) return diagnose("keepAliveTimeout", {}, [ping, closed]);
  if (closed.by !== "broker" || closed.connection.saidDisconnect || lastSent === undefined) {
    return undefined;
  }
  const evidence = [lastSent, closed];
  if (closed.error?.startsWith("connect ")) return undefined;
  if (!line.accepted) {
    return lastSent.type === "connect" ? diagnose("closedOnConnect", {}, evidence) : undefined;
  }
  if (line.keepAlive > 0 && closed.at - lastSent.at > line.keepAlive * 1000) {
    return diagnose("keepAliveTimeout", {}, evidence);
  }
  if (lastSent.size > line.maximumPacketSize) return diagnose("packetTooLarge", {}, evidence);
  return diagnose("closedByBroker", { client: shortName(closed.connection.name) }, evidence);
}

function codeOf(packet: Packet): number {
  if (packet.cmd === "connack") return packet.reasonCode ?? packet.returnCode ?? 0;
  return "reasonCode" in packet ? (packet.reasonCode ?? 0) : 0;
}

/**
 * Why a program that waits gets nothing more, as far as the wire shows it. True only where all clients
 * of the program are on this wire.
 *
 * @param from the first entry that counts, as above
 */
export function diagnoseWaiting(entries: readonly Entry[], from = 0): Diagnosis {
  const frames = entries.filter((entry) => entry.kind === "frame");
  if (!frames.some(({ type }) => type === "connect")) return diagnose("neverConnected");
  const recent = entries.slice(from).filter((entry) => entry.kind === "frame");
  return (
    diagnoseUnanswered(recent) ??
    diagnoseDelivery(frames, recent) ??
    diagnose("unfinishedPromise", {}, frames.slice(-1))
  );
}

/** What answers a packet of the client's. */
const answers: Partial<Record<PacketCmd, readonly PacketCmd[]>> = {
  connect: ["connack", "disconnect", "auth"],
  publish: ["puback", "pubrec"],
  pubrel: ["pubcomp"],
  subscribe: ["suback"],
  unsubscribe: ["unsuback"],
};

/** The last packet of a client that waits for an answer. */
export function diagnoseUnanswered(frames: readonly Frame[]): Diagnosis | undefined {
  const open = new Map<string, Frame>();
  for (const frame of frames) {
    const { packet, connection, direction, type } = frame;
    if (packet === undefined || type === undefined) continue;
    const key = (asked: PacketCmd) =>
      `${connection.clientId ?? connection.number} ${asked} ${packet.messageId ?? ""}`;
    if (direction === "to-broker") {
      const asks = answers[type] && !(packet.cmd === "publish" && packet.qos === 0);
      if (asks) open.set(key(type), frame);
    } else if (frame.fate === "passed" || frame.fate === "delayed") {
      for (const [asked, by] of Object.entries(answers)) {
        if (by.includes(type)) open.delete(key(asked as PacketCmd));
      }
    }
  }
  const last = [...open.values()].at(-1);
  if (last === undefined) return undefined;
  const taken = frames.filter(
    ({ connection, fate }) => connection.clientId === last.connection.clientId && fate !== "passed",
  );
  const client = shortName(last.connection.name);
  const packet = (last.type ?? "").toUpperCase();
  return diagnose("unanswered", { client, packet }, [...new Set([last, ...taken.slice(-1)])]);
}

/** Why what was published did not reach anybody, if it did not. */
function diagnoseDelivery(
  frames: readonly Frame[],
  recent: readonly Frame[],
): Diagnosis | undefined {
  const subscriptions = frames.flatMap((frame) => {
    const { packet, direction } = frame;
    if (packet?.cmd !== "subscribe" || direction !== "to-broker") return [];
    return packet.subscriptions.map(({ topic }) => ({ filter: topic, frame }));
  });
  const resumed = frames.some(({ packet }) => packet?.cmd === "connack" && packet.sessionPresent);
  // A session brings its subscriptions along, and this wire need not have seen them.
  if (resumed) return undefined;
  const published = recent.filter(isPublishTo("to-broker"));
  const filters = printable([...new Set(subscriptions.map(({ filter }) => filter))].join(", "));
  const lastPublish = published.at(-1);
  if (lastPublish === undefined) {
    const asked = subscriptions.at(-1);
    return asked && diagnose("noPublish", { filters }, [asked.frame]);
  }
  if (subscriptions.length === 0) return diagnose("noSubscribe", {}, [lastPublish]);
  for (const frame of published) {
    const topic = topicOf(frame);
    const fits = subscriptions.filter(({ filter }) => filterMatches(filter, topic));
    if (fits.length === 0) {
      return diagnose("noMatch", { topic: printable(topic), filters }, [
        ...new Set(subscriptions.slice(-2).map((subscription) => subscription.frame)),
        frame,
      ]);
    }
    const late = fits.find((fit) => frames.indexOf(fit.frame) > frames.indexOf(frame));
    const inTime = fits.some((fit) => frames.indexOf(fit.frame) < frames.indexOf(frame));
    if (late && !inTime && !isRetained(frame)) {
      const client = shortName(late.frame.connection.name);
      return diagnose("subscribeAfterPublish", { topic: printable(topic), client }, [
        frame,
        late.frame,
      ]);
    }
  }
  return undefined;
}

function isPublishTo(to: Frame["direction"]): (frame: Frame) => boolean {
  return ({ type, direction }) => type === "publish" && direction === to;
}

function topicOf({ packet }: Frame): string {
  return packet?.cmd === "publish" ? packet.topic : "";
}

function isRetained({ packet }: Frame): boolean {
  return packet?.cmd === "publish" && packet.retain;
}

/** The last message to a client whose payload is no JSON, for an error that does not say which it was. */
export function lastPayloadNotJson(entries: readonly Entry[]): Frame | undefined {
  return entries.findLast(
    (entry): entry is Frame =>
      entry.kind === "frame" &&
      entry.direction === "to-client" &&
      entry.packet?.cmd === "publish" &&
      !isJson(entry.packet.payload.toString()),
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
