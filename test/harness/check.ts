import { inject, test } from "vitest";
import { probeBroker } from "../../workbook/broker/probe.ts";
import { explainThrown } from "./deadline.ts";
import { brokerGone, type Desk, openDesk } from "./desk.ts";
import { NotOnThisBroker } from "./not-on-this-broker.ts";
import { startWatchdog } from "./watchdog.ts";
import { Wrong } from "./wrong.ts";

/** The backstop behind every deadline of a check, in milliseconds. */
const LIMIT = 20_000;

declare module "vitest" {
  interface TaskMeta {
    /** What a check that passed has measured. */
    figures?: string;
  }
}

const watchdog = startWatchdog();
/** Functions that blocked the thread once: to try them again would only cost time. */
const blocking = new Map<string, Wrong>();
const failed = new Set<string>();

/**
 * One check of one function: a vitest test with a desk of its own. It ends with a verdict whatever the
 * answer does: throw where nobody can catch it, leave promises open, end the process, block the thread.
 *
 * @param functionName the learner's function that the check is about
 * @param title what must be true, as the learner reads it
 * @param body throws a `Wrong` for a wrong answer, a `NotOnThisBroker` where nobody can tell
 */
export function check(
  functionName: string,
  title: string,
  body: (desk: Desk) => Promise<void>,
): void {
  test(`${functionName}: ${title}`, { timeout: LIMIT }, async ({ skip, task }) => {
    if (failed.has(functionName) && inject("firstProblemOnly")) skip();
    const blocked = blocking.get(functionName);
    if (blocked) throw blocked;
    const desk = await openDesk();
    const stray = catchStrays(functionName, new URL(desk.brokerUrl).port);
    try {
      await Promise.race([body(desk), stray.caught]);
      if (desk.figures !== undefined) task.meta.figures = desk.figures;
    } catch (error) {
      if (error instanceof NotOnThisBroker) skip(error.message);
      failed.add(functionName);
      // Without a broker no answer can be right: that is nobody's mistake.
      const { answer } = await probeBroker(new URL(inject("broker").url));
      if (answer !== "broker") throw brokerGone("it stopped answering");
      throw explainThrown(functionName, error);
    } finally {
      await desk.close();
      stray.forget();
    }
  });
}

/** Errors that no promise of the check can see: thrown in callbacks, exits, a blocked thread. */
function catchStrays(
  functionName: string,
  tapPort: string,
): { caught: Promise<never>; forget(): void } {
  let fail: (error: unknown) => void = () => {};
  const caught = new Promise<never>((_, reject) => {
    fail = reject;
  });
  caught.catch(() => {});
  // A client that an earlier check left behind may still try to reach that check's tap: that is not
  // this answer's mistake.
  const failOwn = (error: NodeJS.ErrnoException & { port?: number }) => {
    if (error?.code === "ECONNREFUSED" && String(error.port) !== tapPort) return;
    fail(error);
  };

  const events = ["uncaughtException", "unhandledRejection"] as const;
  // vitest listens too, and would blame the whole run.
  const others = events.map((event) => process.listeners(event as "uncaughtException"));
  for (const event of events) {
    process.removeAllListeners(event);
    process.on(event, failOwn);
  }
  const exit = process.exit;
  process.exit = ((code?: number) => {
    const wrong = new Wrong({
      headline: `${functionName} ended the whole process`,
      expected: "it returns, or throws an error",
      got: `process.exit(${code ?? ""})`,
      why: "what calls your function loses everything it was doing",
    });
    fail(wrong);
    throw wrong;
  }) as typeof process.exit;
  watchdog.onBlocked = (frames) => {
    const own = frames.find(({ functionName, url }) => functionName && !url.startsWith("node:"));
    const wrong = new Wrong({
      headline: `${functionName} never lets go of the thread`,
      expected: "it waits for events with await or callbacks",
      got: `a loop without a pause, in ${own?.functionName || "your code"}`,
      why: "no packet can be read or sent while your loop runs",
    });
    blocking.set(functionName, wrong);
    fail(wrong);
  };

  return {
    caught,
    forget: () => {
      for (const [index, event] of events.entries()) {
        process.removeAllListeners(event);
        for (const listener of others[index] ?? []) process.on(event, listener);
      }
      process.exit = exit;
      watchdog.onBlocked = () => {};
    },
  };
}
