import { prefixed } from "../telemetry.ts";

/** The fleet's topics and client ids. All begin with `fleet`, and with the class's prefix before it. */

/** "online" or "offline", retained: the device's own word, or its will. */
export const statusTopic = (id: string) => prefixed(`fleet/${id}/status`);
/** One reading as JSON. */
export const readingTopic = (id: string) => prefixed(`fleet/${id}/reading`);
/** A request, with a Response Topic. */
export const commandTopic = (id: string) => prefixed(`fleet/${id}/command`);
/** A message that must come exactly once. */
export const messageTopic = (id: string) => prefixed(`fleet/${id}/message`);

/** Who stands at the screen is a client like any other. */
export const MONITOR = "monitor";
export const replyTopic = prefixed(`fleet/${MONITOR}/reply`);

export const clientIdOf = (id: string) => prefixed(`fleet-${id}`);

/** The device that a topic of the fleet is about, and what of it; nothing for other topics. */
export function readTopic(topic: string): { id: string; about: string } | undefined {
  const start = prefixed("fleet/");
  if (!topic.startsWith(start)) return undefined;
  const [id, about, ...more] = topic.slice(start.length).split("/");
  return id === undefined || about === undefined || more.length > 0 ? undefined : { id, about };
}

const rooms = ["kitchen", "hall", "cellar", "attic", "office", "lab", "garage", "library"];

/** So many rooms, each with a device: `kitchen`, `hall`, and from the ninth on `kitchen-2`. */
export function roomsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const round = Math.floor(index / rooms.length) + 1;
    return `${rooms[index % rooms.length]}${round > 1 ? `-${round}` : ""}`;
  });
}
