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

/** Waits for a call of a learner's function to settle. A rejection becomes an explanation. */
export async function settles<T>(name: string, call: () => T | Promise<T>): Promise<T> {
  const unfinished = () =>
    new Wrong({
      headline: `${name} did not finish`,
      expected: "it resolves, or rejects with an error",
      got: `neither, within ${DEADLINE / 1000} s`,
      why: "a promise in it never settles: look for one that waits for a packet that does not come",
    });
  try {
    return await within((async () => call())(), unfinished);
  } catch (error) {
    throw explainThrown(name, error);
  }
}

/** What a learner's function threw, explained; errors that explain themselves stay as they are. */
export function explainThrown(name: string, error: unknown): unknown {
  if (!(error instanceof Error) || ["Wrong", "Todo", "EnvironmentProblem"].includes(error.name)) {
    return error;
  }
  const wrong = new Wrong({
    headline: `${name} threw an error`,
    expected: "no error",
    got: `${error.name}: ${error.message.split("\n")[0]}`,
    why: "the error came out of your function, or out of something it called",
  });
  if (error.stack !== undefined) wrong.stack = error.stack;
  return wrong;
}
