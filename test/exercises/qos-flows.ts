import type { MqttClient } from "mqtt";
import { type Desk, sent } from "../../workbook/checks/harness/desk.ts";
import { prefixed } from "../../workbook/telemetry.ts";
import type { Frame } from "../../workbook/wire/transcript.ts";

/** The packets of the publishing side of one message, as they crossed the tap. */

/** What a flow of this level consists of, when nothing breaks. */
export const completeFlows = [
  ["→ PUBLISH"],
  ["→ PUBLISH", "← PUBACK"],
  ["→ PUBLISH", "← PUBREC", "→ PUBREL", "← PUBCOMP"],
] as const;

/** The PUBLISH packets that the learner's client sent, but for the check's own `flush`. */
export function publishedFrames(desk: Desk): Frame[] {
  return desk.frames(
    (frame) => sent("publish")(frame) && publishOf(frame)?.topic !== flushed(desk),
  );
}

/** These PUBLISH packets, and the packets that answer them. */
export function flowsOf(desk: Desk, published: readonly Frame[]): Frame[] {
  const ids = new Set(published.map(packetIdOf).filter((id) => id > 0));
  return desk.frames(
    (frame) => published.includes(frame) || (isOfPublisher(frame) && ids.has(packetIdOf(frame))),
  );
}

/** A receiving client exchanges the same types the other way round. */
function isOfPublisher({ direction, type }: Frame): boolean {
  if (direction === "to-broker") return type === "pubrel";
  return type === "puback" || type === "pubrec" || type === "pubcomp";
}

/**
 * Send a message behind all that this client has sent, whatever its level. When that message is through,
 * so are they.
 */
export async function flush(desk: Desk, client: MqttClient): Promise<void> {
  await client.publishAsync(flushed(desk), "", { qos: 2 });
}

function flushed(desk: Desk): string {
  return prefixed(desk.name("flush"));
}

export function publishOf({ packet }: Frame) {
  return packet?.cmd === "publish" ? packet : undefined;
}

function packetIdOf({ packet }: Frame): number {
  return packet?.messageId ?? 0;
}

/** e.g. `→ PUBACK #7` */
export function arrowOf(frame: Frame): string {
  const from = frame.direction === "to-broker" ? "client" : "broker";
  return arrow(from, frame.type, packetIdOf(frame));
}

/** The same for a packet of the flow that a learner's function returned, whatever it is. */
export function arrowOfReturned(packet: unknown): string {
  if (typeof packet !== "object" || packet === null) return String(packet);
  const { from, type, id } = packet as { from?: unknown; type?: unknown; id?: unknown };
  return arrow(from, type, id);
}

function arrow(from: unknown, type: unknown, id: unknown): string {
  const head = from === "client" ? "→" : from === "broker" ? "←" : `from ${String(from)}`;
  return `${head} ${String(type).toUpperCase()}${id ? ` #${String(id)}` : ""}`;
}

/** Without the packet identifiers. */
export function withoutIds(arrows: readonly string[]): string {
  return arrows.map((each) => each.replace(/ #.*/, "")).join("  ");
}
