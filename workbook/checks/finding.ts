import { type Check, nameOf, type Outcome, type Report } from "./contract.ts";

/** What a proof keeps of one check of one candidate. */
export interface Finding extends Check {
  readonly outcome: Outcome;
  /** What the learner would read first. */
  readonly headline?: string;
  readonly milliseconds: number;
  /** What its names and its made-up inputs were drawn from. */
  readonly seed: number;
  /** Which exports it has looked up, where that is of interest. */
  readonly uses?: readonly string[];
}

/** All that was found out about one candidate. */
export interface Account {
  readonly findings: readonly Finding[];
  /** What a mutant changes, where the check that it names looks up none of it. */
  readonly outOfReach?: readonly string[];
}

type Said = Pick<Report, "outcome" | "explanation" | "milliseconds">;

export function findingOf(
  { functionName, title }: Check,
  { outcome, explanation, milliseconds }: Said,
  seed: number,
): Finding {
  const headline = explanation && { headline: explanation.headline };
  return { functionName, title, outcome, ...headline, milliseconds, seed };
}

/** A finding in one line. */
export function tell(finding: Finding): string {
  return `"${nameOf(finding)}" ended as ${finding.outcome}: ${finding.headline ?? "passed"}`;
}
