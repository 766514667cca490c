import { listModules, type Module, readLesson } from "../modules.ts";
import { fingerprint, readProgress } from "./progress-file.ts";
import type { Outcome } from "./run-checks.ts";

/** One function of the workbook, and what its checks found when they last ran. */
export interface Standing {
  readonly module: Module;
  readonly functionName: string;
  /** `undefined` where it was never checked. */
  readonly outcome?: Outcome;
  /** The exercise, or the checks, are no longer what they were then. */
  readonly outdated: boolean;
}

/** Every function in the lessons' order, as far as is remembered. */
export function listStandings(modules: readonly Module[] = listModules()): Standing[] {
  const { verdicts } = readProgress();
  return modules.flatMap((module) => {
    const now = fingerprint(module);
    return readLesson(module).sections.map(({ functionName }): Standing => {
      const verdict = verdicts[functionName];
      if (verdict === undefined) return { module, functionName, outdated: false };
      const { outcome, of } = verdict;
      return { module, functionName, outcome, outdated: of !== now };
    });
  });
}

/** Whether a function's checks passed, or what they are about cannot be had on the learner's broker. */
export function isDone({ outcome }: { readonly outcome?: Outcome }): boolean {
  return outcome === "passed" || outcome === "skipped";
}
