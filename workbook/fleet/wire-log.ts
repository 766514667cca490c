import { explainFrame } from "../wire/anatomy.ts";
import { describeClose, describeFrame } from "../wire/describe.ts";
import type { Direction, Entry, Frame, Transcript } from "../wire/transcript.ts";
import type { PacketDetails, WireEntry } from "./shapes.ts";

/** How many entries are kept; older ones are let go. */
export const KEPT_ENTRIES = 1000;
/** How much of one packet is shown: the first of its bytes, and of its parts. */
const SHOWN_BYTES = 1024;
const SHOWN_PARTS = 200;

interface Kept {
  readonly entry: WireEntry;
  /** None for a line that closed. */
  readonly frame?: Frame;
}

/** The last packets on the wire, each under a number. */
export class WireLog {
  #kept: Kept[] = [];
  #count = 0;

  /** @param heard called with each entry as it comes */
  constructor(transcript: Transcript, heard: (entry: WireEntry) => void) {
    transcript.onEntry((entry) => {
      const kept = this.#keep(entry);
      if (kept) heard(kept.entry);
    });
  }

  get entries(): WireEntry[] {
    return this.#kept.map(({ entry }) => entry);
  }

  /** A packet's bytes and their meaning; nothing once it was let go, and for what is no packet. */
  details(number: number): PacketDetails | undefined {
    const found = this.#kept.find(({ entry }) => entry.number === number);
    if (found?.frame === undefined) return undefined;
    const { entry, frame } = found;
    const parts = explainFrame(frame);
    const hex = [...frame.bytes.subarray(0, SHOWN_BYTES)].map((byte) =>
      byte.toString(16).padStart(2, "0"),
    );
    for (const { offset, length, secret } of parts) {
      if (secret) hex.fill("**", offset, offset + length);
    }
    return {
      entry,
      hex,
      hidden: frame.size - hex.length,
      parts: parts.slice(0, SHOWN_PARTS),
      flow: this.#flowOf(frame).map((one) => one.entry),
    };
  }

  #keep(entry: Entry): Kept | undefined {
    if (entry.kind === "opened") return undefined;
    const words =
      entry.kind === "frame" ? describeFrame(entry) : (describeClose(entry) ?? "line closed");
    const { name } = entry.connection;
    const common = { number: ++this.#count, at: Math.round(entry.at) / 1000, client: name, words };
    const kept: Kept =
      entry.kind === "frame"
        ? {
            frame: entry,
            entry: {
              ...common,
              type: entry.type ?? null,
              direction: entry.direction,
              size: entry.size,
            },
          }
        : { entry: { ...common, type: null, direction: null, size: 0 } };
    this.#kept.push(kept);
    // A tenth at a time, because removing from the front of an array costs its length.
    if (this.#kept.length > KEPT_ENTRIES * 1.1) this.#kept = this.#kept.slice(-KEPT_ENTRIES);
    return kept;
  }

  /** The packets that carry the same Packet Identifier on this line, from their beginning to their end. */
  #flowOf(frame: Frame): Kept[] {
    const key = flowKey(frame);
    if (key === undefined) return [];
    const same = this.#kept.filter(
      (kept) =>
        kept.frame?.connection === frame.connection &&
        (kept.frame === frame || flowKey(kept.frame) === key),
    );
    // An identifier is used again once its flow is over.
    const at = same.findIndex((kept) => kept.frame === frame);
    const begins = (kept: Kept) => beginnings.has(kept.frame?.type);
    const first = same.findLastIndex((kept, index) => index <= at && begins(kept));
    const next = same.findIndex((kept, index) => index > at && begins(kept));
    return same.slice(Math.max(first, 0), next === -1 ? undefined : next);
  }
}

const beginnings = new Set<Frame["type"]>(["publish", "subscribe", "unsubscribe"]);
const answers = new Set<Frame["type"]>(["puback", "pubrec", "pubcomp", "suback", "unsuback"]);

/** Each side counts its own identifiers: who began belongs to the name of a flow. */
function flowKey({ type, direction, packet }: Frame): string | undefined {
  if (packet?.messageId === undefined) return undefined;
  const began: Direction = answers.has(type) ? opposite(direction) : direction;
  return `${began} ${packet.messageId}`;
}

function opposite(direction: Direction): Direction {
  return direction === "to-broker" ? "to-client" : "to-broker";
}
