// Kills: backoffDelay: doubles its ceiling with each attempt
// Grows faster than it should.
import type * as right from "../../../solutions/06-resilient-device.ts";

export * from "../../../solutions/06-resilient-device.ts";

export function backoffDelay(
  attempt: number,
  { firstMs, maxMs }: right.Backoff,
  random: () => number,
): number {
  return random() * Math.min(maxMs, firstMs * 3 ** attempt);
}
