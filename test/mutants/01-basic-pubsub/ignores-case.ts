// Kills: topicMatches: compares levels letter by letter
// Topics look like paths on a disk that ignores case.

export * from "../../../solutions/01-basic-pubsub.ts";

export function topicMatches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  const rest = wanted.at(-1) === "#";
  const fixed = rest ? wanted.slice(0, -1) : wanted;
  if (rest ? levels.length < fixed.length : levels.length !== fixed.length) return false;
  return fixed.every(
    (level, index) => level === "+" || level.toLowerCase() === levels[index]?.toLowerCase(),
  );
}
