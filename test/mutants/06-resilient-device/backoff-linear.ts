// Kills: backoffDelay: doubles its ceiling with each attempt
// Grows by the same amount each time.
import type * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function backoffDelay(
  attempt: number,
  { firstMs, maxMs }: right.Backoff,
  random: () => number,
): number {
  return random() * Math.min(maxMs, firstMs * (attempt + 1));
}
