// Kills: backoffDelay: never waits longer than the maximum
// A bit shift turns over at 31.
import type * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function backoffDelay(
  attempt: number,
  { firstMs, maxMs }: right.Backoff,
  random: () => number,
): number {
  return random() * Math.min(maxMs, firstMs * (1 << attempt));
}
