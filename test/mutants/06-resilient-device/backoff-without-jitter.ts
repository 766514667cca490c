// Kills: backoffDelay: spreads over all that lies below the ceiling
// Everybody waits the same time.
import type * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function backoffDelay(
  attempt: number,
  { firstMs, maxMs }: right.Backoff,
  random: () => number,
): number {
  void random;
  return Math.min(maxMs, firstMs * 2 ** attempt);
}
