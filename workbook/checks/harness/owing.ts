import type { Entry } from "../../wire/transcript.ts";

/** What a client asks for, by what answers it. */
const asked = {
  suback: "subscribe",
  unsuback: "unsubscribe",
  puback: "publish",
  pubrec: "publish",
  pubcomp: "pubrel",
} as const;

/**
 * Whether the broker has still to answer something that has reached it, on a line that is open. What it has
 * said counts as said, also where the check has kept it from the client.
 */
export function isBrokerOwing(entries: readonly Entry[]): boolean {
  const open = new Map<number, Set<string>>();
  for (const entry of entries) {
    const { number } = entry.connection;
    if (entry.kind === "opened") open.set(number, new Set());
    else if (entry.kind === "closed") open.delete(number);
    else if (entry.direction === "to-broker") {
      const { packet, fate } = entry;
      const asks =
        packet?.cmd === "subscribe" ||
        packet?.cmd === "unsubscribe" ||
        packet?.cmd === "pubrel" ||
        (packet?.cmd === "publish" && packet.qos > 0);
      if (asks && fate === "passed") open.get(number)?.add(`${packet.cmd} ${packet.messageId}`);
    } else if (entry.type !== undefined && entry.type in asked) {
      const request = asked[entry.type as keyof typeof asked];
      open.get(number)?.delete(`${request} ${entry.packet?.messageId}`);
    }
  }
  return [...open.values()].some(({ size }) => size > 0);
}
