import { availableParallelism } from "node:os";
import { relative, resolve, sep } from "node:path";
import type { TestError } from "vitest";
import type { TestCase, TestModule, TestSpecification } from "vitest/node";
import type { Broker } from "../broker/broker.ts";
import { listModules, root } from "../modules.ts";

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
  { functionName, firstProblemOnly = false }: CheckOptions = {},
): Promise<OpenChecks> {
  const { createVitest } = await import("vitest/node");
  const byProject = new Map(runs.map((run) => [`${run.module} ${run.answers}`, run]));
  let results: CheckResult[] = [];
  const printed = new Map<string, string>();

  const runOf = (project: string) => {
    const run = byProject.get(project);
    if (run === undefined) throw new Error(`no run is called ${project}`);
    return run;
  };
  const collect = (testCase: TestCase) => {
    const [name = "", ...rest] = testCase.name.split(": ");
    const { state, errors, note } = { note: undefined, ...testCase.result() };
    // Without a note it is a check that was not asked for.
    if (state === "skipped" && note === undefined) return;
    results.push({
      run: runOf(testCase.project.name),
      functionName: name,
      title: rest.join(": "),
      output: printed.get(testCase.id) ?? "",
      ...figuresOf(testCase),
      ...(state === "skipped"
        ? { outcome: "skipped", explanation: { headline: note ?? "" } }
        : judge(state === "passed" ? undefined : (errors?.[0] ?? interrupted))),
    });
  };
  const collectModule = (module: TestModule) => {
    const [error] = module.errors();
    if (error === undefined) return;
    const run = runOf(module.project.name);
    results.push({ run, functionName: "", title: "the checks start", output: "", ...judge(error) });
  };

  const vitest = await createVitest("test", {
    root,
    config: false,
    watch: false,
    pool: "forks",
    // Checks wait for packets and deadlines more than they compute.
    maxWorkers: 2 * availableParallelism(),
    reporters: [
      {
        onTestCaseResult: collect,
        onTestModuleEnd: collectModule,
        onUserConsoleLog: ({ taskId = "", content }) => {
          printed.set(taskId, (printed.get(taskId) ?? "") + content);
        },
      },
    ],
    projects: [...byProject].map(([name, { module, answers }]) => ({
      test: {
        name,
        include: checkFiles(module),
        provide: {
          answers: resolve(root, answers),
          firstProblemOnly,
          broker: { url: broker.url, name: broker.name },
        },
      },
    })),
  });
  // An answer that ends its process takes the checks behind it along, and results that were still on
  // their way. So the first that is missing runs again, alone; if that ends the process, it is to
  // blame. Then the others have their turn.
  const runMissing = async (specifications: readonly TestSpecification[]): Promise<void> => {
    const left = specifications.filter(({ testModule }) => pendingIn(testModule).length > 0);
    if (left.length === 0) return;
    for (const specification of left) {
      const [first, ...others] = pendingIn(specification.testModule).map(({ name }) => name);
      await runOnly([specification], [first ?? ""]);
      for (const culprit of pendingIn(specification.testModule)) {
        if (culprit.name === first) collect(culprit);
      }
      if (others.length > 0) await runOnly([specification], others);
    }
    await runMissing(left);
  };
  const runOnly = async (specifications: TestSpecification[], names: readonly string[]) => {
    vitest.setGlobalTestNamePattern(new RegExp(`(${names.map(escapePattern).join("|")})$`));
    await vitest.runTestSpecifications(specifications, false);
  };
  return {
    run: async (modules) => {
      results = [];
      printed.clear();
      const all = await vitest.globTestSpecifications();
      const wanted = all.filter(
        ({ project }) => modules?.includes(runOf(project.name).module) ?? true,
      );
      vitest.setGlobalTestNamePattern(new RegExp(functionName ? `\\b${functionName}: ` : ""));
      await vitest.runTestSpecifications(wanted, wanted.length === all.length);
      await runMissing(wanted);
      return results;
    },
    changed: (file) => vitest.invalidateFile(file),
    close: () => vitest.close(),
  };
}

function figuresOf(testCase: TestCase): { figures?: string } {
  const { figures } = testCase.meta() as { figures?: unknown };
  return typeof figures === "string" ? { figures } : {};
}

function checkFiles(name: string): string[] {
  return [...(listModules().find((module) => module.name === name)?.checks ?? [])];
}

const interrupted = {
  name: "Wrong",
  message: "the process ended while this check ran",
  headline: "the process ended while this check ran",
  expected: "your function returns, or throws an error",
  got: "no verdict: the process was gone",
  why: "something in your answer killed its own process, or used up its memory",
} as const satisfies TestError;

function pendingIn(module: TestModule | undefined): TestCase[] {
  return [...(module?.children.allTests("pending") ?? [])];
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function judge(error: TestError | undefined): Pick<CheckResult, "outcome" | "explanation"> {
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
