// Kills: topicMatches: compares levels letter by letter
// A filter turned into a regular expression without escaping: the dot matches everything.

export * from "../../../solutions/01-basic-pubsub.ts";

export function topicMatches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const pattern = filter
    .replaceAll("+", "[^/]*")
    .replace(/^#$/, ".*")
    .replace(/\/#$/, "(/.*)?")
    .replaceAll("$", "\\$");
  return new RegExp(`^${pattern}$`).test(topic);
}
