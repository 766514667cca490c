import { randomBytes, randomInt } from "node:crypto";
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { relative, resolve, sep } from "node:path";
import { Writable } from "node:stream";
import type { TestError } from "vitest";
import type { TestCase, TestModule, TestSpecification, TestUserConfig, Vite } from "vitest/node";
import type { Broker } from "../broker/broker.ts";
import { onExit } from "../broker/lifetime.ts";
import { checkFiles, root } from "../modules.ts";
import { sealWith } from "../seal.ts";

/** Which checks to run against which answers. */
export interface CheckRun {
  /** The module's name, e.g. `01-basic-pubsub`. */
  readonly module: string;
  /** The answers under test: `exercises`, `solutions`, or the file of a mutant. */
  readonly answers: string;
}

/**
 * - `passed`: the answer does what it should
 * - `todo`: it is not written yet
 * - `wrong`: it was judged, and the explanation says why
 * - `broken`: it could not be judged, because its file does not load or the process ended under it
 * - `environment`: nothing is known about the answer
 * - `skipped`: the broker cannot do what the check is about, and the explanation says what
 */
export type Outcome = "passed" | "todo" | "wrong" | "broken" | "environment" | "skipped";

export interface CheckResult {
  readonly run: CheckRun;
  /** The learner's function. */
  readonly functionName: string;
  /** What must be true, without the function's name. */
  readonly title: string;
  readonly outcome: Outcome;
  readonly explanation?: Explanation;
  /** What the answer printed meanwhile. */
  readonly output: string;
  /** What crossed the wire meanwhile, drawn as wide as the terminal. */
  readonly diagram?: string;
  /** What a check that passed has measured, in one line. */
  readonly figures?: string;
}

/** What a learner reads of a check that did not pass. */
export interface Explanation {
  readonly headline: string;
  readonly expected?: string;
  readonly got?: string;
  readonly why?: string;
  readonly wire?: string;
  /** `file:line` within the answers, where it is known. */
  readonly lookAt?: string;
  /** What to do next, for trouble with the environment. */
  readonly next?: string;
}

export interface CheckOptions {
  /** Only the checks of this function. */
  readonly functionName?: string | undefined;
  /** Of each function only the first check that fails: a learner's next step, and no longer wait. */
  readonly firstProblemOnly?: boolean;
  /** In another order at each run, files and the checks within them. */
  readonly shuffle?: boolean;
  /** Hear of each result at once. */
  readonly onResult?: (result: CheckResult) => void;
  /** For answers that nobody vouches for. */
  readonly confinement?: Confinement;
}

/** What holds back the processes that load answers. */
export interface Confinement {
  /** Flags of Node for these processes. */
  readonly execArgv: readonly string[];
  /** Part of vite, which reads the files that they import. */
  readonly plugin: Vite.Plugin;
}

/** Run the checks in vitest, a process for each module and set of answers, several at once. */
export async function runChecks(
  runs: readonly CheckRun[],
  broker: Broker,
  options: CheckOptions = {},
): Promise<CheckResult[]> {
  const vitest = await openChecks(runs, broker, options);
  try {
    return await vitest.run();
  } finally {
    await vitest.close();
  }
}

export interface OpenChecks {
  /** @param modules only the checks of these, by name */
  run(modules?: readonly string[]): Promise<CheckResult[]>;
  /** This file has changed: load it anew at the next run. */
  changed(file: string): void;
  close(): Promise<void>;
}

/** As `runChecks`, to be run again and again on a warm vitest. */
export async function openChecks(
  runs: readonly CheckRun[],
  broker: Broker,
  {
    functionName,
    firstProblemOnly = false,
    shuffle = false,
    onResult,
    confinement,
  }: CheckOptions = {},
): Promise<OpenChecks> {
  const { createVitest } = await import("vitest/node");
  const byProject = new Map(runs.map((run) => [`${run.module} ${run.answers}`, run]));
  let results: CheckResult[] = [];
  const printed = new Map<string, string>();
  const key = randomBytes(32).toString("hex");
  const seal = sealWith(key);

  const runOf = (project: string) => {
    const run = byProject.get(project);
    if (run === undefined) throw new Error(`no run is called ${project}`);
    return run;
  };
  const add = (result: CheckResult) => {
    results.push(result);
    onResult?.(result);
  };
  const collect = (testCase: TestCase) => {
    const [name = "", ...rest] = testCase.name.split(": ");
    const { state, errors, note } = { note: undefined, ...testCase.result() };
    // Without a note it is a check that was not asked for.
    if (state === "skipped" && note === undefined) return;
    const verdict: Verdict =
      state === "skipped"
        ? { outcome: "skipped", explanation: { headline: note ?? "" } }
        : judge(state === "passed" ? undefined : (errors?.[0] ?? interrupted));
    const { diagram, figures, seal: sealedBy } = testCase.meta();
    const isGenuine =
      !sealed.has(verdict.outcome) || sealedBy === seal(testCase.name, verdict.outcome);
    add({
      run: runOf(testCase.project.name),
      functionName: name,
      title: rest.join(": "),
      output: printed.get(testCase.id) ?? "",
      ...(diagram && { diagram }),
      ...(figures && { figures }),
      ...(isGenuine ? verdict : forged),
    });
  };
  const collectModule = (module: TestModule) => {
    const [error] = module.errors();
    if (error === undefined) return;
    const run = runOf(module.project.name);
    add({ run, functionName: "", title: "the checks start", output: "", ...judge(error) });
  };

  const silence = confinement && { stdout: nowhere(), stderr: nowhere() };
  const config: TestUserConfig = {
    root,
    config: false,
    watch: false,
    pool: "forks",
    maxWorkers: availableParallelism(),
    // A process that never lets go is not waited for.
    teardownTimeout: 1000,
    reporters: [
      {
        onTestCaseResult: collect,
        onTestModuleEnd: collectModule,
        onUserConsoleLog: ({ taskId = "", content }) => {
          printed.set(taskId, (printed.get(taskId) ?? "") + content);
        },
      },
    ],
    sequence: { shuffle },
    ...(confinement && { cache: false, disableConsoleIntercept: true }),
    projects: [...byProject].map(([name, { module, answers }]) => ({
      plugins: confinement ? [confinement.plugin] : [],
      test: {
        name,
        // An answer that hoards memory meets the end of it soon.
        execArgv: [...(confinement?.execArgv ?? ["--max-old-space-size=512"])],
        include: checkFiles(module),
        provide: {
          answers: resolve(root, answers),
          firstProblemOnly,
          seal: key,
          confined: confinement !== undefined,
          broker: { url: broker.url, name: broker.name },
          columns: process.stdout.columns ?? 0,
        },
      },
    })),
  };
  const vitest = await createVitest("test", config, {}, silence);
  // vitest clears up when it closes, for which a signal leaves no time.
  const clearUp = () => {
    for (const { tmpDir } of vitest.projects) {
      rmSync(tmpDir, { recursive: true, force: true, maxRetries: 5 });
    }
  };
  const unregister = onExit(async () => {}, clearUp);
  // An answer that ends its process takes the checks behind it along, and results that were still on
  // their way. So the first that is missing runs again, alone; if that ends the process, it is to
  // blame. Then the others have their turn.
  const runMissing = async (specifications: readonly TestSpecification[]): Promise<void> => {
    const left = specifications.filter(({ testModule }) => pendingIn(testModule).length > 0);
    if (left.length === 0) return;
    for (const specification of left) {
      const [first = "", ...behind] = pendingIn(specification.testModule).map(({ name }) => name);
      await runOnly([specification], [first]);
      const culprit = pendingIn(specification.testModule).find(({ name }) => name === first);
      if (culprit) collect(culprit);
      // Where others wait for their turn, the rest of a function that does this has lost its own.
      const isLost = (name: string) =>
        confinement && culprit && name.startsWith(first.replace(/: .*/, ": "));
      const others = behind.filter((name) => !isLost(name));
      if (others.length > 0) await runOnly([specification], others);
    }
    await runMissing(left);
  };
  const runOnly = async (specifications: TestSpecification[], names: readonly string[]) => {
    vitest.setGlobalTestNamePattern(new RegExp(`(${names.map(escapePattern).join("|")})$`));
    await vitest.runTestSpecifications(specifications, false);
  };
  const all = await vitest.globTestSpecifications();
  return {
    run: async (modules) => {
      results = [];
      printed.clear();
      vitest.config.sequence.seed = randomInt(2 ** 31);
      const wanted = all.filter(
        ({ project }) => modules?.includes(runOf(project.name).module) ?? true,
      );
      vitest.setGlobalTestNamePattern(new RegExp(functionName ? `\\b${functionName}: ` : ""));
      await vitest.runTestSpecifications(wanted, wanted.length === all.length);
      await runMissing(wanted);
      return results;
    },
    changed: (file) => vitest.invalidateFile(file),
    close: async () => {
      await vitest.close();
      unregister();
    },
  };
}

/** What answers print past the checks: it could be any amount. */
function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

/** The outcomes that would do a wrong answer good. */
const sealed = new Set<Outcome>(["passed", "skipped", "environment"]);

const forged: Verdict = {
  outcome: "broken",
  explanation: {
    headline: "the result did not come from the check",
    expected: "a function that does what the exercise asks",
    got: "a result that the check has not sealed",
    why: "something in the answer, or run by it, reached for the test runner itself",
  },
};

const interrupted = {
  name: "Wrong",
  message: "the process ended while this check ran",
  headline: "the process ended while this check ran",
  expected: "your function returns, or throws an error",
  got: "no verdict: the process was gone",
  why: "your answer killed its own process, used up its memory, or looped without a pause",
} as const satisfies TestError;

function pendingIn(module: TestModule | undefined): TestCase[] {
  return [...(module?.children.allTests("pending") ?? [])];
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

type Verdict = Pick<CheckResult, "outcome" | "explanation">;

function judge(error: TestError | undefined): Verdict {
  if (error === undefined) return { outcome: "passed" };
  const text = (field: string) => {
    const value: unknown = error[field];
    return typeof value === "string" ? { [field]: value } : {};
  };
  if (error.name === "Todo") {
    return { outcome: "todo", explanation: { headline: error.message } };
  }
  if (error.name === "EnvironmentProblem") {
    return { outcome: "environment", explanation: { headline: error.message, ...text("next") } };
  }
  const own = lineInAnswers(error);
  const lookAt = { ...(own && { lookAt: own }), ...text("lookAt") };
  if (error.name === "Wrong") {
    const fields = ["expected", "got", "why", "wire"].map(text);
    const headline = String(error.headline);
    return { outcome: "wrong", explanation: Object.assign({ headline }, ...fields, lookAt) };
  }
  const [headline = ""] = error.message.split("\n");
  return { outcome: "broken", explanation: { headline: `${error.name}: ${headline}`, ...lookAt } };
}

/** The first line of the stack that lies in the answers under test. */
function lineInAnswers(error: TestError): string | undefined {
  const frame = error.stacks?.find(
    ({ file }) =>
      /[\\/](exercises|solutions|mutants)[\\/]/.test(file) && !file.includes(`test${sep}exercises`),
  );
  return frame && `${relative(root, frame.file).split(sep).join("/")}:${frame.line}`;
}
