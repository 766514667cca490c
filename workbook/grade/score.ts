import { type CheckResult, type Explanation, isProblem, type Outcome } from "../checks/contract.ts";
import { listModules, readLesson } from "../modules.ts";
import type { Marked } from "./mark.ts";
import type { Submission } from "./submissions.ts";

/** `missing`: the module's file was not handed in. */
export type Grade = Outcome | "missing";

export interface FunctionScore {
  readonly module: string;
  readonly functionName: string;
  readonly grade: Grade;
  /** Why it did not pass: the first check that failed, or what hindered them all. */
  readonly reason?: Explanation;
  /** The title of that check. */
  readonly check?: string;
}

export interface Score {
  readonly name: string;
  readonly functions: readonly FunctionScore[];
  /** How many functions passed. */
  readonly passed: number;
  /** How many could be judged: not those that the broker cannot show, nor those that met trouble. */
  readonly of: number;
  /** How many met trouble with the environment. */
  readonly unknown: number;
}

/**
 * Score a submission: a function passes when all its checks do. What counts as all, and what the broker
 * cannot show, is told by the solutions, checked in the same way; a submission has no say in it.
 *
 * @param expected the results of the solutions
 */
export function score(
  submission: Submission,
  marked: Marked,
  expected: readonly CheckResult[],
): Score {
  const functions = listModules().flatMap((module) => {
    const own = expected.filter(({ run }) => run.module === module.name);
    return readLesson(module).sections.flatMap(({ functionName }) => {
      const checks = own.filter((check) => check.functionName === functionName);
      if (checks.length === 0) return [];
      return [scoreFunction(submission, marked, checks)];
    });
  });
  const count = (...grades: Grade[]) =>
    functions.filter(({ grade }) => grades.includes(grade)).length;
  return {
    name: submission.name,
    functions,
    passed: count("passed"),
    of: functions.length - count("skipped", "environment"),
    unknown: count("environment"),
  };
}

function scoreFunction(
  submission: Submission,
  marked: Marked,
  checks: readonly CheckResult[],
): FunctionScore {
  const module = checks[0]?.run.module ?? "";
  const functionName = checks[0]?.functionName ?? "";
  const wanted = checks.filter(({ outcome }) => outcome !== "skipped");
  if (wanted.length === 0) return { module, functionName, grade: "skipped" };
  const missing = submission.missing.get(module);
  if (missing !== undefined) {
    return { module, functionName, grade: "missing", reason: { headline: missing } };
  }
  const judged = needed(marked, wanted).map((check) => ({
    check: check.title,
    ...judgeCheck(marked, check),
  }));
  const first = (grades: readonly Grade[]) => judged.find(({ grade }) => grades.includes(grade));
  const problem = first(["todo", "wrong", "broken"]) ?? first(["environment"]);
  if (problem) return { module, functionName, ...problem };
  return { module, functionName, grade: "passed" };
}

/** The checks that must have a result: a problem ends those of its function, so behind it there may be none. */
function needed(marked: Marked, checks: readonly CheckResult[]): CheckResult[] {
  const problem = checks.findIndex((check) => resultsOf(marked, check).some(isProblem));
  return checks.filter((check, at) => {
    const isBehind = problem !== -1 && at > problem;
    return !isBehind || resultsOf(marked, check).length > 0;
  });
}

function resultsOf({ results }: Marked, { run, functionName, title }: CheckResult): CheckResult[] {
  return results.filter(
    (each) =>
      each.run.module === run.module && each.functionName === functionName && each.title === title,
  );
}

function judgeCheck(marked: Marked, check: CheckResult): Pick<FunctionScore, "grade" | "reason"> {
  const { results, ending, trouble } = marked;
  const same = resultsOf(marked, check);
  // The solutions got their verdict here, so "not on this broker" is no answer.
  if (same.some(({ outcome }) => outcome === "skipped")) {
    return { grade: "broken", reason: { headline: "it left the check out" } };
  }
  const result = same.find(({ outcome }) => outcome !== "passed") ?? same[0];
  if (result) {
    return { grade: result.outcome, ...(result.explanation && { reason: result.explanation }) };
  }
  if (ending === "environment") return unknown(trouble?.message);
  const notStarted = whyNotStarted(results.filter(({ run }) => run.module === check.run.module));
  if (ending === "done" && notStarted) return unknown(notStarted);
  return { grade: "broken", reason: { headline: withoutVerdict[ending] } };
}

function unknown(headline = ""): Pick<FunctionScore, "grade" | "reason"> {
  return { grade: "environment", reason: { headline } };
}

/**
 * Why a module's checks never began, if that is so. The submission is loaded by the first of them, so it
 * had no part in that.
 *
 * @param results those of one module
 */
export function whyNotStarted(results: readonly CheckResult[]): string | undefined {
  if (results.some(({ functionName }) => functionName !== "")) return undefined;
  return results[0]?.explanation?.headline ?? "its checks did not start";
}

const withoutVerdict = {
  done: "the check ended without a verdict",
  late: "no verdict within the time limit",
  died: "the submission ended the process that runs its checks",
} as const;
