/** Whether a broker delivers a message on this topic to a subscription with this filter (section 4.7). */
export function filterMatches(filter: string, topic: string): boolean {
  const own = filter.replace(/^\$share\/[^/]+\//, "");
  if (topic.startsWith("$") && /^[+#]/.test(own)) return false;
  const levels = topic.split("/");
  const wanted = own.split("/");
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= levels.length || (level !== "+" && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}
