// Kills: streamEvents: ends when its reader has gone
// Does not end what it has begun.
import * as right from "../../../solutions/08-http-bridge.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function streamEvents(
  store: Store,
  lastEventId: number | undefined,
  write: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let hasNews = true;
  let wake = () => {};
  const onNews = () => {
    hasNews = true;
    wake();
  };
  store.watch(onNews);
  signal.addEventListener("abort", onNews);
  let last = lastEventId ?? (await store.lastEventId());
  while (!signal.aborted) {
    hasNews = false;
    for (const event of await store.eventsBehind(last, 100)) {
      await write(right.formatEvent(event));
      last = event.id;
      hasNews = true;
    }
    if (hasNews || signal.aborted) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}
