import { EnvironmentProblem } from "../environment-problem.ts";
import type { Entry } from "../wire/transcript.ts";
import { type TroubleName, troubles } from "./table.ts";

/** A trouble that was met: its row of the table, with this case's names and numbers in it. */
export interface Diagnosis {
  readonly name: TroubleName;
  readonly symptom: string;
  readonly cause: string;
  readonly next: string;
  /** What crossed the wire and shows it. */
  readonly evidence: readonly Entry[];
}

/**
 * The row of the table, filled in.
 *
 * @param details what stands for each `{name}` of the row
 */
export function diagnose(
  name: TroubleName,
  details: Readonly<Record<string, string>> = {},
  evidence: readonly Entry[] = [],
): Diagnosis {
  const { symptom, cause, next } = troubles[name];
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (gap, key) => details[key] ?? gap);
  return { name, symptom: fill(symptom), cause: fill(cause), next: fill(next), evidence };
}

/** For a trouble that lies in the environment, and in nobody's code. */
export function asEnvironmentProblem({ symptom, cause, next }: Diagnosis): EnvironmentProblem {
  return new EnvironmentProblem(`${symptom}: ${cause}`, next);
}
