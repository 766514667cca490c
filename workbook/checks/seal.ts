import { createHmac } from "node:crypto";
import type { Outcome } from "./contract.ts";

/** The outcomes that would do a wrong answer good. */
const inFavour: readonly Outcome[] = ["passed", "skipped", "environment"];

/**
 * A check runs in one process with the answer that it judges, so a verdict alone proves nothing: an
 * answer can say what a check says, too. Each verdict in the answer's favour therefore bears a seal, made
 * with a key that no answer ever meets.
 *
 * @param key a secret of this run
 * @returns the seal of a verdict on the check of this name
 */
export function sealWith(key: string): (checkName: string, outcome: string) => string {
  return (checkName, outcome) =>
    createHmac("sha256", key).update(`${outcome} ${checkName}`).digest("hex");
}

/** Whether a verdict counts only with its seal. */
export function needsSeal(outcome: Outcome): boolean {
  return inFavour.includes(outcome);
}

/**
 * Make all seals that these checks may need, before any answer is loaded: then the process can forget the
 * key, and nothing that an answer puts in the place of Node's own functions is ever called with it.
 *
 * @returns the seal of a verdict, which is empty where it needs none
 */
export function sealAhead(
  key: string,
  checkNames: Iterable<string>,
): (checkName: string, outcome: Outcome) => string {
  const seal = sealWith(key);
  const seals: Record<string, string> = Object.create(null);
  for (const name of checkNames) {
    for (const outcome of inFavour) seals[`${outcome} ${name}`] = seal(name, outcome);
  }
  return (checkName, outcome) => seals[`${outcome} ${checkName}`] ?? "";
}
