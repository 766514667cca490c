import type { Packet } from "mqtt-packet";
import { explainFrame } from "./anatomy.ts";
import type { Entry, Frame } from "./transcript.ts";

/**
 * An entry as one line of JSON, for programs: all that the tap knows of it. Passwords and authentication
 * data are left out, of the packet and of its bytes alike.
 *
 * @param event `settled` for a frame that was recorded before, as held or delayed
 */
export function toJsonLine(entry: Entry, event: "packet" | "settled" = "packet"): string {
  const { connection } = entry;
  const common = {
    time: Math.round(entry.at * 1000) / 1000,
    connection: connection.number,
    client: connection.clientId || null,
  };
  if (entry.kind === "opened") return JSON.stringify({ event: "opened", ...common });
  if (entry.kind === "closed") {
    const { by, error, refused } = entry;
    return JSON.stringify({ event: "closed", ...common, by, error, refused });
  }
  const { direction, type = null, size, packet, problem } = entry;
  return JSON.stringify(
    {
      event,
      ...common,
      direction,
      type,
      size,
      fate: entry.fate,
      packet: packet && withoutSecrets(packet),
      problem,
      bytes: bytesOf(entry),
    },
    textOrBase64,
  );
}

function withoutSecrets(packet: Packet): object {
  const { password, properties } = packet as Secrets;
  return {
    ...packet,
    ...(password !== undefined && { password: HIDDEN }),
    ...(properties?.authenticationData !== undefined && {
      properties: { ...properties, authenticationData: HIDDEN },
    }),
  };
}

/** Where a packet may hold what nobody else should read. */
interface Secrets {
  password?: unknown;
  properties?: { authenticationData?: unknown };
}

const HIDDEN = "(hidden)";

/** The bytes in hex, a star for each of a secret's. */
function bytesOf(frame: Frame): string {
  const shown = Buffer.from(frame.bytes);
  for (const { offset, length, secret } of explainFrame(frame)) {
    if (secret) shown.fill("*", offset, offset + length);
  }
  return shown.toString("hex");
}

/** Bytes are shown as text where they are text. */
function textOrBase64(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key];
  if (!Buffer.isBuffer(original)) return value;
  const text = original.toString("utf8");
  return Buffer.from(text, "utf8").equals(original)
    ? { text }
    : { base64: original.toString("base64") };
}
