import type { FunctionScore, Grade } from "../score.ts";

/** The grades as people read them, on the screen and in files. */
export const words: Record<Grade, string> = {
  passed: "passed",
  todo: "to do",
  wrong: "wrong",
  broken: "broken",
  missing: "missing",
  environment: "unknown",
  skipped: "not on this broker",
};

/** A module's number, which stands in for its name where there is little room, e.g. `01`. */
export function moduleNumber({ module }: FunctionScore): string {
  return module.slice(0, 2);
}
