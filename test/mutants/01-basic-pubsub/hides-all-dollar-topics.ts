// Kills: topicMatches: keeps wildcards at the start away from $-topics
// $-topics can be subscribed to by name.

export * from "../../../solutions/01-basic-pubsub.ts";

export function topicMatches(filter: string, topic: string): boolean {
  if (topic.startsWith("$")) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  const rest = wanted.at(-1) === "#";
  const fixed = rest ? wanted.slice(0, -1) : wanted;
  if (rest ? levels.length < fixed.length : levels.length !== fixed.length) return false;
  return fixed.every((level, index) => level === "+" || level === levels[index]);
}
