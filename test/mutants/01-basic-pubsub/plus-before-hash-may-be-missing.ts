// Kills: topicMatches: wants the level of a + that # follows
// A # lets the topic be shorter by any number of levels, the one of a + among them.

export * from "../../../solutions/01-basic-pubsub.ts";

export function topicMatches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  const rest = wanted.at(-1) === "#";
  const fixed = rest ? wanted.slice(0, -1) : wanted;
  if (!rest && levels.length !== fixed.length) return false;
  return fixed.every((level, index) => level === "+" || level === levels[index]);
}
