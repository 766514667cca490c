/** What the two sides of the process border share: whoever asks for a verdict, and who reaches it. */

/**
 * - `passed`: the answer does what it should
 * - `todo`: it is not written yet
 * - `wrong`: it was judged, and the explanation says why
 * - `broken`: it could not be judged, because the process ended under it or the result is forged
 * - `environment`: nothing is known about the answer
 * - `skipped`: the broker cannot do what the check is about, and the explanation says what
 */
export type Outcome = "passed" | "todo" | "wrong" | "broken" | "environment" | "skipped";

/** What a learner reads of a check that did not pass. */
export interface Explanation {
  /** What went wrong, in one line, without a full stop. */
  readonly headline: string;
  readonly expected?: string;
  readonly got?: string;
  /** Why it matters: what the wire shows, with the specification's numbered statement where there is one. */
  readonly why?: string;
  /** The packets that show it, a line each. */
  readonly wire?: string;
  /** `file:line`, where that is known better than by the function's name. */
  readonly lookAt?: string;
  /** What to do next, for trouble with the environment. */
  readonly next?: string;
}

export interface Verdict {
  readonly outcome: Outcome;
  /** Of every outcome but `passed`. */
  readonly explanation?: Explanation;
}

/** One check of one function. */
export interface Check {
  /** The learner's function. */
  readonly functionName: string;
  /** What must be true, as the learner reads it. */
  readonly title: string;
}

/** The check in one line, as vitest and the mutants call it. */
export function nameOf({ functionName, title }: Check): string {
  return `${functionName}: ${title}`;
}

/** Answers to the functions of a module. */
export interface Answers {
  /** The module's name, e.g. `01-basic-pubsub`. */
  readonly module: string;
  /** A folder of the project that holds `<module>.ts`, such as `exercises`; or the file itself. */
  readonly answers: string;
}

/** What came of one check of one function. */
export interface CheckResult extends Check, Verdict {
  readonly run: Answers;
  /** What the answer printed meanwhile, or its beginning. */
  readonly output: string;
  /** What crossed the wire meanwhile, drawn as wide as the terminal. */
  readonly diagram?: string;
  /** What a check that passed has measured, in one line. */
  readonly figures?: string;
  readonly milliseconds: number;
  /** What its names and its made-up inputs were drawn from. */
  readonly seed: number;
}

/** Whether a check says something against the answer. */
export function isProblem({ outcome }: Verdict): boolean {
  return outcome !== "passed" && outcome !== "skipped";
}

/** What a process is told before it loads any answer. */
export interface Conditions {
  /** The broker that the checks use, and what it is called. */
  readonly broker: { readonly url: string; readonly name: string };
  /** The width that each check's wire is drawn for, 0 for any; `undefined` where nobody will look. */
  readonly columns?: number;
  /** With what the verdicts are sealed. */
  readonly key: string;
  /** The answers are somebody's whom nobody vouches for. */
  readonly confined: boolean;
  /** Leave out checks that need a Mosquitto of their own, where there is none. */
  readonly mayLackMosquitto: boolean;
}

/** One check to run on one file of answers. */
export interface Task {
  /** The file, as an absolute path. */
  readonly file: string;
  readonly check: Check;
  readonly seed: number;
}

/** What a process says of one task. */
export interface Report extends Verdict {
  readonly output: string;
  readonly diagram?: string;
  readonly figures?: string;
  readonly milliseconds: number;
  /** Shows that the check itself has reached the verdict: see `seal.ts`. */
  readonly seal: string;
  /** Which exports of the answers the check has looked up. */
  readonly uses: readonly string[];
  /** What the answer has left behind that another one could notice, in words. */
  readonly residue: readonly string[];
}

/** How one file of answers differs from another one. */
export interface Comparison {
  /** Which exports are not the same. */
  readonly changed: readonly string[];
  /** What the files have left behind while they were loaded, in words. */
  readonly residue: readonly string[];
}

/** From whoever asks, to the process. */
export type Request =
  | { readonly kind: "conditions"; readonly conditions: Conditions }
  /** Do what checks do, and load what these files import, so that the first task takes no longer. */
  | { readonly kind: "rehearse"; readonly imports: readonly string[] }
  | { readonly kind: "task"; readonly task: Task }
  /** Which exports of one file are not those of another one? */
  | { readonly kind: "compare"; readonly file: string; readonly with: string }
  /** End what was made for the answers: nobody asks for them any more. */
  | { readonly kind: "leave" };

/** From the process to whoever asks: one reply to each request. */
export type Reply =
  | { readonly kind: "ready"; readonly checks: readonly Check[] }
  | { readonly kind: "rehearsed" }
  | { readonly kind: "report"; readonly report: Report }
  | ({ readonly kind: "compared" } & Comparison)
  | { readonly kind: "left" };
