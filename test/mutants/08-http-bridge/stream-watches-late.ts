// Kills: streamEvents: misses nothing that happens while it looks
// Looks first, and watches when there is nothing.
import * as right from "../../../solutions/08-http-bridge.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function streamEvents(
  store: Store,
  lastEventId: number | undefined,
  write: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let wake = () => {};
  const onNews = () => {
    wake();
  };
  let unwatch = () => {};
  signal.addEventListener("abort", onNews);
  try {
    let last = lastEventId ?? (await store.lastEventId());
    while (!signal.aborted) {
      let hasNews = false;
      for (const event of await store.eventsBehind(last, 100)) {
        await write(right.formatEvent(event));
        last = event.id;
        hasNews = true;
      }
      if (hasNews || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        unwatch = store.watch(onNews);
      });
      unwatch();
    }
  } finally {
    unwatch();
  }
}
