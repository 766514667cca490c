import type { Check } from "../contract.ts";
import type { Desk } from "./desk.ts";

/** A check and what it does. */
export interface CheckWithBody extends Check {
  /** Throws a `Wrong` for a wrong answer, a `NotOnThisBroker` where nobody can tell. */
  readonly body: (desk: Desk) => Promise<void>;
}

let take: (check: CheckWithBody) => void = () => {
  throw new Error("checks do not run by themselves: npm run check, or npm test");
};

/** Called by whoever hosts the checks, before it loads the files that hold them. */
export function collectChecks(taker: (check: CheckWithBody) => void): void {
  take = taker;
}

/**
 * One check of one function, with a desk of its own. It ends with a verdict whatever the answer does: throw
 * where nobody can catch it, leave promises open, end the process, block the thread.
 *
 * @param functionName the learner's function that the check is about
 * @param title what must be true, as the learner reads it
 * @param body throws a `Wrong` for a wrong answer, a `NotOnThisBroker` where nobody can tell
 */
export function check(functionName: string, title: string, body: CheckWithBody["body"]): void {
  take({ functionName, title, body });
}

/** Holds together the checks of one function, and what only they need. */
export function describe(_functionName: string, checks: () => void): void {
  checks();
}
