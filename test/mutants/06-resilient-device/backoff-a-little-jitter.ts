// Kills: backoffDelay: spreads over all that lies below the ceiling
// Only a tenth of the wait is random.
import type * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function backoffDelay(
  attempt: number,
  { firstMs, maxMs }: right.Backoff,
  random: () => number,
): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** attempt);
  return ceiling * (0.9 + random() / 10);
}
