// Kills: topicMatches: lets + stand for exactly one level
// + read as "anything", slashes and all.

export * from "../../../solutions/01-basic-pubsub.ts";

export function topicMatches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const escaped = filter.replace(/[.$^*?()[\]{}|\\]/g, "\\$&");
  const pattern = escaped.replaceAll("+", ".*").replace(/^#$/, ".*").replace(/\/#$/, "(/.*)?");
  return new RegExp(`^${pattern}$`).test(topic);
}
