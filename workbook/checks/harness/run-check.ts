import { probeBroker } from "../../broker/probe.ts";
import { troubles } from "../../troubles/table.ts";
import { drawDiagram } from "../../wire/diagram.ts";
import { nameOf, type Outcome, type Report, type Task, type Verdict } from "../contract.ts";
import { takeUpAnswers } from "./answers.ts";
import type { CheckWithBody } from "./check.ts";
import { endClientsAtEnd } from "./clients.ts";
import { conditions } from "./conditions.ts";
import { captureOutput } from "./console.ts";
import { Unfinished } from "./deadline.ts";
import { brokerGone, type Desk, openDesk } from "./desk.ts";
import { restoreGlobals } from "./globals.ts";
import { verdictOn } from "./judge.ts";
import { placeIn } from "./place-in.ts";
import { watchResidue } from "./residue.ts";
import { ownTimeout, watchTimers } from "./timers.ts";
import { startWatchdog } from "./watchdog.ts";
import { Wrong } from "./wrong.ts";

/** So many packets of a check are drawn at the most: who would read more? */
const DRAWN = 60;

/** The backstop behind every deadline of a check, in milliseconds. */
const LIMIT = 20_000;

/** Errors that no promise of a check can see. */
interface Stray {
  /** Rejects with the first of them. */
  readonly caught: Promise<never>;
  forget(): void;
}

/** Runs one check after the other on whatever answers it is told. */
export class CheckRunner {
  readonly #watchdog = startWatchdog();
  /** What blocked the thread once: to try it again would only cost time. */
  readonly #blocking = new Map<string, Wrong>();
  readonly #seal: (checkName: string, outcome: Outcome) => string;

  /** @param seal tells the seal of a verdict that a check has reached, where anybody asks for one */
  constructor(seal: (checkName: string, outcome: Outcome) => string = () => "") {
    this.#seal = seal;
  }

  /** Never rejects: whatever happens is a verdict. */
  async run(
    { body, ...check }: CheckWithBody,
    { file, seed }: Omit<Task, "check">,
  ): Promise<Report> {
    const begun = performance.now();
    const uses = await takeUpAnswers(file);
    const residueOf = watchResidue();
    const output = captureOutput();
    restoreGlobals();
    let desk: Desk | undefined;
    let stray: Stray | undefined;
    let thrown: { readonly error: unknown } | undefined;
    const endTimers = watchTimers();
    try {
      desk = await openDesk(seed, `${file} ${nameOf(check)}`);
      endClientsAtEnd(desk);
      stray = this.#catchStrays(check.functionName, file, new URL(desk.brokerUrl).port);
      const blocked = this.#blocking.get(`${file} ${check.functionName}`);
      if (blocked) throw blocked;
      await this.#race(check.functionName, stray, body(desk));
    } catch (error) {
      thrown = { error };
    }
    const changed = restoreGlobals();
    if (thrown !== undefined) thrown = { error: await this.#explain(thrown.error, desk) };
    if (changed.length > 0) thrown = { error: changesGlobals(check.functionName, changed) };
    const verdict: Verdict =
      thrown === undefined
        ? { outcome: "passed" }
        : verdictOn(check.functionName, thrown.error, (error) => placeIn(error, file));
    const { columns } = conditions();
    const diagram =
      columns === undefined ? "" : drawDiagram(desk?.entries().slice(0, DRAWN) ?? [], columns);
    await desk?.close();
    endTimers();
    const residue = await residueOf();
    // Only now: what a client says while it is ended is about this check, too.
    stray?.forget();
    return {
      ...verdict,
      ...(diagram && { diagram }),
      ...(desk?.figures !== undefined && { figures: desk.figures }),
      output: output.end(),
      milliseconds: Math.round(performance.now() - begun),
      seal: this.#seal(nameOf(check), verdict.outcome),
      uses: [...uses],
      residue: [
        ...changed,
        ...restoreGlobals(),
        ...residue,
        ...(this.#blocking.has(`${file} ${check.functionName}`) ? ["an interrupted thread"] : []),
      ],
    };
  }

  async #race(functionName: string, stray: Stray, body: Promise<void>): Promise<void> {
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      cancel = ownTimeout(
        () => reject(new Unfinished(functionName, `neither, within ${LIMIT / 1000} s`)),
        LIMIT,
      );
    });
    try {
      await Promise.race([body, stray.caught, late]);
    } finally {
      cancel();
    }
  }

  async #explain(error: unknown, desk: Desk | undefined): Promise<unknown> {
    if (desk === undefined) return brokerGone(error instanceof Error ? error.message : `${error}`);
    // Without a broker no answer can be right: that is nobody's mistake.
    const { answer } = await probeBroker(new URL(conditions().broker.url));
    if (answer !== "broker") return brokerGone("it stopped answering");
    if (error instanceof Unfinished) return new Unfinished(error.call, error.got, desk.entries());
    return error;
  }

  /** Errors that no promise of the check can see: thrown in callbacks, exits, a blocked thread. */
  #catchStrays(functionName: string, file: string, tapPort: string): Stray {
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
        why: troubles.processExit.cause,
      });
      fail(wrong);
      throw wrong;
    }) as typeof process.exit;
    this.#watchdog.onBlocked = (frames) => {
      const own = frames.find(({ functionName, url }) => functionName && !url.startsWith("node:"));
      const wrong = new Wrong({
        headline: `${functionName} never lets go of the thread`,
        expected: "it waits for events with await or callbacks",
        got: `a loop without a pause, in ${own?.functionName || "your code"}`,
        why: "no packet can be read or sent while your loop runs",
      });
      this.#blocking.set(`${file} ${functionName}`, wrong);
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
        this.#watchdog.onBlocked = () => {};
      },
    };
  }
}

/** The answer changed what the checks of other answers need too. */
function changesGlobals(functionName: string, changed: readonly string[]): Wrong {
  return new Wrong({
    headline: `${functionName} changes what all code shares`,
    expected: "it leaves the language's own objects as they are",
    got: `another ${changed.join(", another ")}`,
    why: "the library, and everybody else's code in this process, uses them too",
  });
}
