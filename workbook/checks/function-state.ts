import { type Module, readLesson } from "../modules.ts";
import { type CheckResult, isProblem, type Outcome } from "./contract.ts";

/** How one function of the workbook stands. */
export interface FunctionState {
  readonly functionName: string;
  /** What all its checks came to; `undefined` where it was never checked. */
  readonly outcome?: Outcome;
  /** The exercise, or the checks, are no longer what they were then. */
  readonly outdated?: true;
  /** The first check that did not pass, where it is known. */
  readonly problem?: CheckResult;
  /** What the broker cannot do, where a check was left out for that. */
  readonly lack?: string;
  /** What crossed the wire: in the check that did not pass, or else in the first one. */
  readonly diagram?: string;
  /** What its checks have measured, a line each. */
  readonly figures?: readonly string[];
}

/** Whether a function's checks passed, or what they are about cannot be had on the learner's broker. */
export function isDone({ outcome }: Partial<FunctionState>): boolean {
  return outcome === "passed" || outcome === "skipped";
}

/** How a function stands after these checks of it; `undefined` where there were none. */
export function functionState(
  functionName: string,
  results: readonly CheckResult[],
): FunctionState | undefined {
  const checks = results.filter((result) => result.functionName === functionName);
  if (checks.length === 0) return undefined;
  const problem = checks.find(isProblem);
  const passed = checks.some(({ outcome }) => outcome === "passed");
  const lack = checks.find(({ outcome }) => outcome === "skipped")?.explanation?.headline;
  const diagram = (problem ?? checks[0])?.diagram;
  return {
    functionName,
    figures: checks.flatMap(({ figures }) => figures ?? []),
    outcome: problem?.outcome ?? (passed ? "passed" : "skipped"),
    ...(problem && { problem }),
    ...(lack && { lack }),
    ...(diagram && { diagram }),
  };
}

/**
 * How the functions of a module stand after these checks, in the lesson's order. Where the checks as a whole
 * could not start, that is what there is to say of every function.
 */
export function functionStates(module: Module, results: readonly CheckResult[]): FunctionState[] {
  const own = results.filter(({ run }) => run.module === module.name);
  const stray = own.find(({ functionName }) => functionName === "");
  return readLesson(module).sections.flatMap(({ functionName }): FunctionState[] => {
    const state = functionState(functionName, own);
    if (state) return [state];
    return stray ? [{ functionName, outcome: stray.outcome, problem: stray }] : [];
  });
}
