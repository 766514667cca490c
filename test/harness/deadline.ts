import { type Diagnosis, diagnose } from "../../workbook/troubles/diagnosis.ts";
import { diagnoseError } from "../../workbook/troubles/from-error.ts";
import { diagnoseUnanswered, diagnoseWire } from "../../workbook/troubles/from-wire.ts";
import type { Entry } from "../../workbook/wire/transcript.ts";
import { Wrong } from "./wrong.ts";

/** How long a check waits for any one thing, in milliseconds. Generous: right answers take a few. */
export const DEADLINE = 4000;

/**
 * Waits for something the answer under test must bring about, and explains if it does not come.
 *
 * @throws what `explain` returns once the deadline has passed
 */
export async function within<T>(
  awaited: Promise<T>,
  explain: () => Error,
  deadline = DEADLINE,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // One more turn of the loop: what came in meanwhile, the watchdog's word too, is heard first.
    timer = setTimeout(() => setImmediate(() => reject(explain())), deadline);
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A call that neither resolved nor rejected. */
export class Unfinished extends Wrong {
  /** @param entries the wire, where it is known: it may show what the call waits for */
  constructor(
    readonly call: string,
    readonly deadline: number,
    entries: readonly Entry[] = [],
  ) {
    const trouble = whyNoMore(entries);
    super({
      headline: `${call} did not finish`,
      expected: "it resolves, or rejects with an error",
      got: `neither, within ${deadline / 1000} s`,
      why: trouble.cause,
      wire: trouble.evidence.filter((entry) => entry.kind === "frame"),
    });
  }
}

/** Not from what never was on this wire: the check's own helpers are on another. */
function whyNoMore(entries: readonly Entry[]): Diagnosis {
  const frames = entries.filter((entry) => entry.kind === "frame");
  const unanswered = diagnoseUnanswered(frames);
  // What the check itself has taken away is no mistake of the answer's.
  const ownFault = unanswered?.evidence.some((entry) => "fate" in entry && entry.fate !== "passed");
  return (
    diagnoseWire(entries)[0] ?? (ownFault ? undefined : unanswered) ?? diagnose("unfinishedPromise")
  );
}

/**
 * Waits for a call of a learner's function to settle. A rejection becomes an explanation.
 *
 * @param deadline in milliseconds; more than usual for a function that has to let time pass
 */
export async function settles<T>(
  name: string,
  call: () => T | Promise<T>,
  deadline = DEADLINE,
): Promise<T> {
  try {
    return await within((async () => call())(), () => new Unfinished(name, deadline), deadline);
  } catch (error) {
    throw explainThrown(name, error);
  }
}

/** What a learner's function threw, explained; errors that explain themselves stay as they are. */
export function explainThrown(name: string, error: unknown): unknown {
  if (!(error instanceof Error) || ["Wrong", "Todo", "EnvironmentProblem"].includes(error.name)) {
    return error;
  }
  const trouble = diagnoseError(error);
  const wrong = new Wrong({
    headline: `${name} threw an error`,
    expected: "no error",
    got: `${error.name}: ${error.message.split("\n")[0]}`,
    why: trouble
      ? `${trouble.cause}; ${trouble.next}`
      : "the error came out of your function, or out of something it called",
  });
  if (error.stack !== undefined) wrong.stack = error.stack;
  return wrong;
}
