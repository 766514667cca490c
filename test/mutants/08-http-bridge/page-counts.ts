// Kills: readingsPage: gives each reading once, page by page
// Counts the readings, as if no other device had any.
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
  return { readings, next: since + readings.length };
}
