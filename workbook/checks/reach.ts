import { type Check, nameOf } from "./contract.ts";

/** Which exports of the right answer each check has looked up, by the check's name. */
export type Uses = ReadonlyMap<string, readonly string[]>;

/**
 * Whether a check can tell another answer from the right one. A check that looks up none of the exports
 * that are changed meets the same code: what else it would look up, it only could after changed code ran.
 *
 * @param changed the exports that are not those of the right answer
 */
export function reaches(check: Check, uses: Uses, changed: readonly string[]): boolean {
  const own = uses.get(nameOf(check));
  // Of a check that nobody has seen at work, nothing is known.
  return own === undefined || own.some((name) => changed.includes(name));
}
