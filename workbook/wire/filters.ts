const SHARED = /^\$share\/[^/+#]+\/(.+)$/s;

/** Whether this is the filter of a shared subscription: `$share/<group>/<filter>` [MQTT-4.8.2-1]. */
export function isShared(filter: string): boolean {
  return SHARED.test(filter);
}

/** The filter that a shared subscription is about; an ordinary one as it is. */
export function filterWithin(filter: string): string {
  return SHARED.exec(filter)?.[1] ?? filter;
}

/** Whether a broker delivers a message on this topic to a subscription with this filter (section 4.7). */
export function filterMatches(filter: string, topic: string): boolean {
  const own = filterWithin(filter);
  if (topic.startsWith("$") && /^[+#]/.test(own)) return false;
  const levels = topic.split("/");
  const wanted = own.split("/");
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= levels.length || (level !== "+" && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}
