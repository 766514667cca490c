// Kills: topicMatches: treats an empty level as a level
// + takes an empty level too.

export * from "../../../solutions/01-basic-pubsub.ts";

export function topicMatches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  const rest = wanted.at(-1) === "#";
  const fixed = rest ? wanted.slice(0, -1) : wanted;
  if (rest ? levels.length < fixed.length : levels.length !== fixed.length) return false;
  return fixed.every(
    (level, index) => (level === "+" && levels[index] !== "") || level === levels[index],
  );
}
