import { inject } from "vitest";

/**
 * The key that seals verdicts, taken out of the test runner's reach: an answer, which can ask the runner
 * as well as we can, is loaded later and finds nothing.
 */
export function takeKey(): string {
  const key = inject("seal");
  const { __vitest_worker__ } = globalThis as typeof globalThis & {
    __vitest_worker__?: { providedContext: Record<string, unknown> };
  };
  if (__vitest_worker__) __vitest_worker__.providedContext.seal = "";
  return key;
}
