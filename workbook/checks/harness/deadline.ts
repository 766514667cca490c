import { type Diagnosis, diagnose } from "../../troubles/diagnosis.ts";
import { diagnoseUnanswered, diagnoseWire } from "../../troubles/from-wire.ts";
import type { Entry } from "../../wire/transcript.ts";
import { explainThrown } from "./judge.ts";
import { nothingMoreComes } from "./quiet.ts";
import { ownTimeout } from "./timers.ts";
import { Wrong } from "./wrong.ts";

/** How long a check waits for any one thing, in milliseconds. Generous: right answers take a few. */
export const DEADLINE = 4000;

/**
 * Waits for something the answer under test must bring about, and explains if it does not come: as soon
 * as nothing more can come, and in any case when the deadline has passed.
 *
 * @param explain is told which of the two it was
 * @param deadline in milliseconds
 * @throws what `explain` returns
 */
export async function within<T>(
  awaited: Promise<T>,
  explain: (isQuiet: boolean) => Error,
  deadline = DEADLINE,
): Promise<T> {
  let isOver = false;
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    // One more turn of the loop: what came in meanwhile, the watchdog's word too, is heard first.
    cancel = ownTimeout(() => setImmediate(() => reject(explain(false))), deadline);
    nothingMoreComes(performance.now() + deadline, () => isOver).then(
      (isQuiet) => isQuiet && setImmediate(() => isOver || reject(explain(true))),
      reject,
    );
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    isOver = true;
    cancel();
  }
}

/**
 * As `within`, for what may still come though nothing shows it.
 *
 * @throws what `explain` returns
 */
export async function inTime<T>(
  awaited: Promise<T>,
  explain: () => Error,
  deadline = DEADLINE,
): Promise<T> {
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = ownTimeout(() => setImmediate(() => reject(explain())), deadline);
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    cancel();
  }
}

/** A call that neither resolved nor rejected. */
export class Unfinished extends Wrong {
  /** @param entries the wire, where it is known: it may show what the call waits for */
  constructor(
    readonly call: string,
    readonly got: string,
    entries: readonly Entry[] = [],
  ) {
    const trouble = whyNoMore(entries);
    super({
      headline: `${call} did not finish`,
      expected: "it resolves, or rejects with an error",
      got,
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
  const unfinished = (isQuiet: boolean) =>
    new Unfinished(
      name,
      isQuiet
        ? `neither, and nothing more can come: no packet is on its way, and no timer goes off within ${deadline / 1000} s`
        : `neither, within ${deadline / 1000} s`,
    );
  try {
    return await within((async () => call())(), unfinished, deadline);
  } catch (error) {
    throw explainThrown(name, error);
  }
}
