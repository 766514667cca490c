import type { Candidate } from "./candidates.ts";
import { type Check, isProblem, nameOf } from "./contract.ts";
import { type Account, type Finding, tell } from "./finding.ts";

/** What was found out about each candidate. */
export type Accounts = ReadonlyMap<Candidate, Account>;

/** A check without a mutant that fails in it and nowhere else: it might be left out unnoticed. */
export interface Uncovered {
  readonly check: Check;
  /** The mutants that come nearest: caught by it, and by the fewest others. */
  readonly nearest: readonly Candidate[];
  /** In words, with what else catches the nearest. */
  readonly text: string;
}

/** @param checks those that were judged */
export function uncovered(checks: readonly Check[], accounts: Accounts): Uncovered[] {
  return checks.flatMap((check) => {
    const isIt = (each: Check) => nameOf(each) === nameOf(check);
    const caught = [...accounts]
      .filter(([{ kind, kills }]) => kind === "mutant" && kills === nameOf(check))
      .map(([candidate, { findings }]) => ({ candidate, by: findings.filter(isProblem) }))
      .filter(({ by }) => by.some(isIt))
      .sort((one, other) => one.by.length - other.by.length);
    const fewest = caught[0]?.by.length ?? 0;
    if (fewest === 1) return [];
    const nearest = caught.filter(({ by }) => by.length === fewest);
    const lines = nearest.slice(0, 1).flatMap(({ candidate, by }) => besides(candidate, by, isIt));
    const text = [`no mutant is caught by "${nameOf(check)}" alone`, ...lines].join("\n          ");
    return [{ check, nearest: nearest.map(({ candidate }) => candidate), text }];
  });
}

function besides(
  { answers }: Candidate,
  by: readonly Finding[],
  isIt: (check: Check) => boolean,
): string[] {
  return by.filter((each) => !isIt(each)).map((each) => `${answers}: ${tell(each)}`);
}
