import type { Candidate } from "./candidates.ts";
import { isProblem, nameOf } from "./contract.ts";
import { type Account, type Finding, tell } from "./finding.ts";

/** What is not as it should be with a candidate, each in one line: nothing, where it is. */
export function shortcomings(candidate: Candidate, { findings, outOfReach }: Account): string[] {
  const { kind, answers, kills = "" } = candidate;
  if (kind !== "mutant" && findings.length === 0) return [`${answers} was not checked at all`];
  if (kind === "stub") {
    return findings
      .filter((finding) => !isOwnTodo(finding))
      .map((finding) => `${answers}: instead of its own to-do, ${tell(finding)}`);
  }
  if (kind !== "mutant") {
    return findings.filter(isProblem).map((finding) => `${answers}: ${tell(finding)}`);
  }
  const named = findings.find((finding) => nameOf(finding) === kills);
  if (named === undefined) return [`${answers} names no check: "// Kills: ${kills}"`];
  const problems = findings
    .filter(({ outcome }) => !["passed", "wrong", "skipped"].includes(outcome))
    .map((finding) => `${answers}: ${tell(finding)}`);
  if (named.outcome === "passed") problems.push(`${answers} survives "${kills}"`);
  if (outOfReach) {
    problems.push(
      `${answers} cannot reach "${kills}", which looks up nothing of what it changes: ` +
        (outOfReach.join(", ") || "nothing"),
    );
  }
  return problems;
}

function isOwnTodo({ outcome, functionName, headline = "" }: Finding): boolean {
  return outcome === "skipped" || (outcome === "todo" && headline.startsWith(`${functionName} `));
}
