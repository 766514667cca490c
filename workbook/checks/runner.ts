import { createHash, randomBytes, randomInt } from "node:crypto";
import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import type { Broker } from "../broker/broker.ts";
import { onExit } from "../broker/lifetime.ts";
import { root } from "../modules.ts";
import {
  type Answers,
  type Check,
  type CheckResult,
  type Conditions,
  isProblem,
  nameOf,
  type Outcome,
  type Report,
  type Verdict,
} from "./contract.ts";
import { importsOf } from "./imports.ts";
import { CheckProcess, plainStart, type Starter } from "./process.ts";
import { needsSeal, sealWith } from "./seal.ts";

export interface RunnerOptions {
  /** How the processes are started; with what is held back from answers that nobody vouches for. */
  readonly starter?: Starter;
  readonly confined?: boolean;
  /** The width that each check's wire is drawn for; `undefined` where nobody will look. */
  readonly columns?: number | undefined;
  readonly mayLackMosquitto?: boolean;
  /** How many processes work at a time. Checks wait more than they compute. */
  readonly lanes?: number;
  /** Keep that many processes ready for each module that was asked for, from then on. */
  readonly spares?: number;
}

export interface RunOptions {
  /** Only the checks of this function. */
  readonly functionName?: string | undefined;
  /** The checks of this function go first. */
  readonly first?: string | undefined;
  /** Of each function only up to the first check that fails: a learner's next step, and no longer wait. */
  readonly firstProblemOnly?: boolean;
  /** In an order that is drawn from the seed. */
  readonly shuffle?: boolean;
  /** What the checks make up, their names and their order follow from it. */
  readonly seed?: number;
  /** Hear of each result at once. */
  readonly onResult?: (result: CheckResult) => void;
  /** Hear of each function as soon as nothing more is to come of it. */
  readonly onFunction?: (results: readonly CheckResult[]) => void;
  /** Give up: no result is told any more, and the processes are ended. */
  readonly signal?: AbortSignal;
}

/** What it costs to start a process, in milliseconds, more or less: it has to be worth it. */
const STARTING = 500;
/** What it costs to take one that is ready: another one has to be started in its place. */
const JOINING = 150;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** From what a run's names, made-up inputs and order are drawn: `WORKBOOK_SEED`, or by chance. */
export function chooseSeed(): number {
  const given = Number(process.env.WORKBOOK_SEED);
  return Number.isSafeInteger(given) && given > 0 ? given : randomInt(1, 2 ** 31);
}

/**
 * Runs checks on answers, in processes of their own: a file of answers never shares one with another file,
 * and never meets one that has served before.
 */
export class Runner {
  readonly #key = randomBytes(32).toString("hex");
  readonly #seal = sealWith(this.#key);
  readonly #spares = new Map<string, CheckProcess[]>();
  readonly #alive = new Set<CheckProcess>();
  readonly #lanes: Lanes;
  /** How long the checks of each function took the last time, in milliseconds. */
  readonly #durations = new Map<string, number>();
  readonly #unregister: () => void;
  #isClosed = false;

  constructor(
    private readonly broker: Pick<Broker, "url" | "name"> | Promise<Pick<Broker, "url" | "name">>,
    private readonly options: RunnerOptions = {},
  ) {
    this.#lanes = new Lanes(options.lanes ?? availableParallelism() + 1);
    const end = () => {
      for (const each of this.#alive) void each.kill();
    };
    this.#unregister = onExit(async () => end(), end);
  }

  /** Have processes ready for a module. */
  warm(module: string): void {
    const { spares = 0 } = this.options;
    const ready = (this.#spares.get(module) ?? []).filter(({ lives }) => lives);
    this.#spares.set(module, ready);
    if (this.#isClosed || ready.length >= spares) return;
    const spare = this.start(module);
    ready.push(spare);
    // One after the other: so the first is ready sooner. Where one does not start, nor would the next, and
    // where there is no broker, whoever waits for it says so.
    void spare.rehearse(importsOf(join(root, `solutions/${module}.ts`))).then(
      () => spare.lives && this.#spares.get(module) === ready && this.warm(module),
      () => {},
    );
  }

  /** Let go of what was kept ready, but for these modules. */
  cool(keep: readonly string[]): void {
    for (const [module, ready] of this.#spares) {
      if (keep.includes(module)) continue;
      for (const each of ready) this.#end(each);
      this.#spares.delete(module);
    }
  }

  /** Run all checks of each module on the answers to it. The results are in the order of the checks. */
  async run(runs: readonly Answers[], options: RunOptions = {}): Promise<CheckResult[]> {
    const seed = options.seed ?? chooseSeed();
    const all = await Promise.all(runs.map((run) => this.#runOne(run, { ...options, seed })));
    return all.flat();
  }

  /** A process for a module, which the caller ends. */
  start(module: string): CheckProcess {
    const {
      starter = plainStart,
      confined = false,
      columns,
      mayLackMosquitto = false,
    } = this.options;
    const conditions = Promise.resolve(this.broker).then(
      ({ url, name }): Conditions => ({
        broker: { url, name },
        key: this.#key,
        confined,
        mayLackMosquitto,
        ...(columns !== undefined && { columns }),
      }),
    );
    const started = new CheckProcess(module, conditions, starter);
    this.#alive.add(started);
    return started;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#spares.clear();
    await Promise.all([...this.#alive].map((each) => each.kill()));
    this.#alive.clear();
    this.#unregister();
  }

  async #runOne(run: Answers, options: RunOptions & { seed: number }): Promise<CheckResult[]> {
    const work = new Work(run, options, this.#durations);
    const serve = () => this.#lanes.take(() => this.#serve(work, options), options.signal);
    // One process finds out which checks there are, and is often through before another could help. So others
    // join one by one, the sooner where they are ready, as long as there is something left for them.
    const all = [serve()];
    await Promise.race([work.known, all[0]]);
    while (all.length < this.#lanes.size && work.canBeShared && !options.signal?.aborted) {
      await Promise.race([all[0], pause(this.#hasSpare(run.module) ? JOINING : STARTING)]);
      if (work.canBeShared) all.push(serve());
    }
    await Promise.all(all);
    return work.results();
  }

  /** One process that works on these answers until nothing is left to do. */
  async #serve(work: Work, { signal }: RunOptions): Promise<void> {
    if (work.isOver) return;
    const lane = Symbol("lane");
    let own = this.#take(work.run.module);
    const end = () => void own.kill();
    signal?.addEventListener("abort", end);
    try {
      const checks = await own.ready;
      if (checks === undefined) return signal?.aborted ? undefined : work.fail(own.lastWords);
      work.learn(checks);
      for (let next = work.next(lane); next; next = work.next(lane)) {
        const ask = (attempt: number) =>
          own.run({ file: work.file, check: next as Check, seed: work.seedOf(attempt) });
        let attempt = 0;
        let report = await ask(attempt);
        if (report === undefined && !signal?.aborted) {
          // What an earlier check has left behind may be to blame: once more, in a process that is new.
          own = this.#replace(own, work.run.module);
          await own.ready;
          report = await ask(++attempt);
          if (report === undefined) own = this.#replace(own, work.run.module);
        }
        if (signal?.aborted) return;
        const judged = this.judge(next, report);
        // It may have more to say that nobody has asked for: not to the next check.
        if (judged.outcome === "broken") own = this.#replace(own, work.run.module);
        work.take(next, attempt, judged);
      }
      await own.leave();
    } finally {
      signal?.removeEventListener("abort", end);
      this.#end(own);
    }
  }

  /** What a process has reported of a check, if it is the check that says so. */
  judge(check: Check, report: Report | undefined): Report {
    if (report === undefined) return { ...nothing, ...interrupted };
    if (!isWellFormed(report)) return { ...nothing, ...forged };
    const { outcome, seal } = report;
    const isGenuine = !needsSeal(outcome) || seal === this.#seal(nameOf(check), outcome);
    return isGenuine ? report : { ...report, ...forged };
  }

  #hasSpare(module: string): boolean {
    return (this.#spares.get(module) ?? []).some(({ lives }) => lives);
  }

  #take(module: string): CheckProcess {
    const ready = this.#spares.get(module);
    const spare = ready?.shift();
    return spare?.lives ? spare : this.start(module);
  }

  #replace(old: CheckProcess, module: string): CheckProcess {
    this.#end(old);
    return this.start(module);
  }

  #end(each: CheckProcess): void {
    void each.kill().then(() => this.#alive.delete(each));
  }
}

/** What there is to do for one file of answers, and what came of it. */
class Work {
  readonly file: string;
  #todo: Check[] | undefined;
  #order: readonly Check[] = [];
  readonly #results = new Map<string, CheckResult>();
  #announce = () => {};
  readonly known = new Promise<void>((resolve) => {
    this.#announce = resolve;
  });
  /** The function that each lane is at. */
  readonly #begun = new Map<symbol, string>();
  /** The functions of which everything is said. */
  readonly #told = new Set<string>();
  #stray: CheckResult | undefined;

  constructor(
    readonly run: Answers,
    private readonly options: RunOptions & { seed: number },
    private readonly durations: Map<string, number>,
  ) {
    this.file = answersPath(run);
  }

  /** Whether a lane more would find something to do. */
  get canBeShared(): boolean {
    const begun = [...this.#begun.values()];
    return (this.#todo ?? []).some(
      ({ functionName }) => functionName === this.options.first || !begun.includes(functionName),
    );
  }

  get isOver(): boolean {
    return this.#stray !== undefined || this.#todo?.length === 0;
  }

  /** Which checks the module has. */
  learn(checks: readonly Check[]): void {
    if (this.#todo !== undefined) return;
    const { functionName, first, shuffle, seed } = this.options;
    this.#order = checks.filter(
      (check) => functionName === undefined || check.functionName === functionName,
    );
    // What took longest the last time begins first; what is unknown keeps its place.
    const lasted = ({ functionName }: Check) => this.durations.get(functionName) ?? 0;
    const todo = shuffle
      ? shuffled(this.#order, seed)
      : this.#order.toSorted((one, other) => lasted(other) - lasted(one));
    const isFirst = (check: Check) => check.functionName === first;
    this.#todo = [...todo.filter(isFirst), ...todo.filter((check) => !isFirst(check))];
    this.#announce();
  }

  /**
   * What a lane is to do next: of the function that goes first, then of the function that it has begun, then
   * of one that nobody has begun. Only the first is shared, because some make something for all of their
   * checks that takes seconds.
   */
  next(lane: symbol): Check | undefined {
    const todo = this.#todo ?? [];
    const isOf = (wanted: (functionName: string) => boolean) =>
      todo.findIndex(({ functionName }) => wanted(functionName));
    const begun = this.#begun.get(lane);
    const [index = -1] = [
      isOf((name) => name === this.options.first),
      isOf((name) => name === begun),
      isOf((name) => ![...this.#begun.values()].includes(name)),
    ].filter((each) => each !== -1);
    const [next] = index === -1 ? [] : todo.splice(index, 1);
    if (next) this.#begun.set(lane, next.functionName);
    return next;
  }

  /** @param attempt from 0: what an earlier one has left with the broker is not in the way of the next */
  seedOf(attempt: number): number {
    return this.options.seed + attempt;
  }

  take(check: Check, attempt: number, report: Report): void {
    const { seal: _, uses: __, residue: ___, ...told } = report;
    const seed = this.seedOf(attempt);
    const result: CheckResult = { ...check, ...told, run: this.run, seed };
    this.#results.set(nameOf(check), result);
    this.options.onResult?.(result);
    // One problem is enough: what is not yet begun of this function never will be.
    if (this.options.firstProblemOnly && isProblem(result)) {
      this.#todo = this.#todo?.filter((each) => each.functionName !== check.functionName);
    }
    this.#tellIfKnown(check.functionName);
  }

  /**
   * Tell of a function when nothing that is still to come could change what is said of it: all its checks
   * have ended, or, where one problem is enough, all up to the first problem.
   */
  #tellIfKnown(functionName: string): void {
    if (this.#told.has(functionName)) return;
    const { firstProblemOnly, onFunction } = this.options;
    for (const check of this.#order.filter((each) => each.functionName === functionName)) {
      const result = this.#results.get(nameOf(check));
      if (result === undefined) return;
      if (firstProblemOnly && isProblem(result)) break;
    }
    this.#told.add(functionName);
    const results = this.results().filter((result) => result.functionName === functionName);
    const lasted = results.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    this.durations.set(functionName, lasted);
    onFunction?.(results);
  }

  /** The checks themselves could not start. */
  fail(lastWords: string): void {
    if (this.#stray !== undefined || this.#todo !== undefined) return;
    const headline = lastWords.match(/^\w*Error.*$/m)?.[0] ?? "their process ended";
    this.#stray = {
      ...nothing,
      functionName: "",
      title: "the checks start",
      run: this.run,
      seed: this.options.seed,
      outcome: "broken",
      explanation: { headline },
    };
    this.options.onResult?.(this.#stray);
  }

  results(): CheckResult[] {
    if (this.#stray) return [this.#stray];
    return this.#order.flatMap((check) => this.#results.get(nameOf(check)) ?? []);
  }
}

/** The file that holds the answers to a module, as an absolute path. */
export function answersPath({ module, answers }: Answers): string {
  const given = resolve(root, answers);
  return statSync(given, { throwIfNoEntry: false })?.isDirectory()
    ? join(given, `${module}.ts`)
    : given;
}

/** The same order for the same seed. */
function shuffled(checks: readonly Check[], seed: number): Check[] {
  const rank = (check: Check) =>
    createHash("sha256")
      .update(`${seed} ${nameOf(check)}`)
      .digest("hex");
  return checks
    .map((check) => ({ check, rank: rank(check) }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1))
    .map(({ check }) => check);
}

/** So many may work at a time; the others wait in turn. */
class Lanes {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(readonly size: number) {
    this.#free = size;
  }

  async take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return signal?.aborted ? undefined : await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/** An answer may have written it: nobody who reads it shall fail. */
function isWellFormed(report: Report | null): report is Report {
  const isText = (value: unknown) => value === undefined || typeof value === "string";
  const { outcome, output, diagram, figures, explanation = {} } = report ?? {};
  return (
    outcomes.has(outcome) &&
    typeof output === "string" &&
    typeof explanation === "object" &&
    explanation !== null &&
    [diagram, figures, ...Object.values(explanation)].every(isText) &&
    (outcome === "passed" || "headline" in explanation)
  );
}

const outcomes = new Set<unknown>([
  "passed",
  "todo",
  "wrong",
  "broken",
  "environment",
  "skipped",
] satisfies Outcome[]);

const nothing = { output: "", milliseconds: 0, seal: "", uses: [], residue: [] } as const;

const forged: Verdict = {
  outcome: "broken",
  explanation: {
    headline: "the result did not come from the check",
    expected: "a function that does what the exercise asks",
    got: "a result that the check has not sealed",
    why: "something in the answer, or run by it, reached for the checks themselves",
  },
};

const interrupted: Verdict = {
  outcome: "wrong",
  explanation: {
    headline: "the process ended while this check ran",
    expected: "your function returns, or throws an error",
    got: "no verdict: the process was gone",
    why: "your answer killed its own process, used up its memory, or looped without a pause",
  },
};
