import { within } from "../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk } from "../../workbook/checks/harness/desk.ts";

export interface Verdict {
  readonly filter: string;
  readonly topic: string;
  /** Whether the broker delivered a message on this topic to a subscription with this filter. */
  readonly delivered: boolean;
}

/** Ask the broker which of these filters match which of these topics: a subscriber for each filter. */
export async function brokerVerdicts(
  desk: Desk,
  filters: readonly string[],
  topics: readonly string[],
): Promise<Verdict[]> {
  // A wildcard at the start sees what everybody publishes: only payloads with our mark are ours.
  const mark = desk.name("mark");
  const end = desk.name("end");
  const publisher = await desk.helper("publisher");
  const subscribers = await Promise.all(
    filters.map(async (filter, index) => {
      const client = await desk.helper(`subscriber${index}`);
      const seen = new Set<string>();
      const finished = new Promise<void>((resolve) => {
        client.on("message", (topic, payload) => {
          if (payload.toString() === mark) seen.add(topic);
          if (topic === end) resolve();
        });
      });
      await client.subscribeAsync([filter, end], { qos: 1 });
      return { filter, seen, finished };
    }),
  );
  await Promise.all(topics.map((topic) => publisher.publishAsync(topic, mark, { qos: 1 })));
  await publisher.publishAsync(end, "", { qos: 1 });
  await within(Promise.all(subscribers.map(({ finished }) => finished)), () =>
    brokerGone("it did not deliver what the check published"),
  );
  return subscribers.flatMap(({ filter, seen }) =>
    topics.map((topic) => ({ filter, topic, delivered: seen.has(topic) })),
  );
}

/** Every path of so many levels that can be made of these. */
export function everyPath(levels: readonly string[], length: number): string[] {
  if (length === 1) return [...levels];
  return everyPath(levels, length - 1).flatMap((path) => levels.map((level) => `${path}/${level}`));
}

/** Some longer paths made of these levels, other ones in every run. */
export function somePaths(desk: Desk, levels: readonly string[]): string[] {
  const paths = Array.from({ length: 8 }, () => {
    const length = 3 + Math.floor(desk.random() * 3);
    const path = Array.from({ length }, () => levels[Math.floor(desk.random() * levels.length)]);
    return path.join("/");
  });
  return [...new Set(paths)];
}
