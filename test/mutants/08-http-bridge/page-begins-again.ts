// Kills: readingsPage: stays where it is while nothing is new
// Begins again behind an empty page.
import type { ReadingsPage } from "../../../workbook/bridge/http-service.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

export * from "../../../solutions/08-http-bridge.ts";

export async function readingsPage(
  store: Store,
  deviceId: string,
  since: number,
  limit: number,
): Promise<ReadingsPage> {
  const readings = await store.readingsBehind(since, deviceId, limit);
  return { readings, next: readings.at(-1)?.place ?? 0 };
}
