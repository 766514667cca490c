const SHARED = /^\$share\/[^/+#]+\/(.+)$/s;

export function isShared(filter: string): boolean {
  return SHARED.test(filter);
}

/** The filter that a shared subscription is about, or an ordinary one as it is. */
export function filterWithin(filter: string): string {
  return SHARED.exec(filter)?.[1] ?? filter;
}

/** Whether a subscription with this filter gets what is published on this topic, `$` topics aside. */
export function matches(filter: string, topic: string): boolean {
  const levels = filterWithin(filter).split("/");
  const names = topic.split("/");
  const open = levels.at(-1) === "#";
  if (open) levels.pop();
  const fits = open ? names.length >= levels.length : names.length === levels.length;
  return fits && levels.every((level, at) => level === "+" || level === names[at]);
}
