import { existsSync, statSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { parseArgs } from "node:util";
import type { Broker } from "../broker/broker.ts";
import { type Choice, chooseBroker } from "../broker/choose.ts";
import { type CheckResult, isProblem } from "../checks/contract.ts";
import { type FunctionState, functionStates } from "../checks/function-state.ts";
import { drawModule, drawProblem, drawTypeProblems } from "../checks/report.ts";
import { answersPath, chooseSeed, Runner } from "../checks/runner.ts";
import { openTypeChecker, type TypeChecker, type TypeProblem } from "../checks/type-check.ts";
import { type Module, root } from "../modules.ts";
import { paint } from "../paint.ts";
import { UsageError } from "../usage-error.ts";
import { needExercises, type Selection, select } from "./select.ts";
import { exitCodes, runCommand } from "./usage.ts";
import { Verdicts } from "./verdicts.ts";

const help = `npm run check -- [01 | createClient] [options]

Checks the exercises: all of them, one module, or one function.

  --answers file    another file as the answers to the module; may be given again
  --json            all checks, an object for each in a line, and nothing else`;

interface Words {
  readonly selection: Selection;
  /** Other files than the exercises, relative to the project. */
  readonly answers: readonly string[];
  readonly json: boolean;
}

/** `npm run check [-- 01 | createClient] [--answers FILE] [--json]`: judge the exercises, or any file. */
async function check(): Promise<number> {
  const words = parse(process.argv.slice(2));
  if (words === undefined) {
    console.log(help);
    return exitCodes.fine;
  }
  const { selection, answers, json } = words;
  if (answers.length === 0) needExercises(selection.modules);
  // The processes and the compiler are on their way while there is no broker yet.
  const choosing = chooseBroker("check");
  const runner = new Runner(
    choosing.then(({ broker }) => broker),
    { columns: process.stdout.columns ?? 0 },
  );
  const compiler = openTypeChecker();
  let broker: Broker | undefined;
  try {
    const judging =
      json || answers.length > 0
        ? judgeFiles(words, runner, compiler)
        : judgeExercises(selection, runner, compiler);
    judging.catch(() => {});
    const choice = await choosing;
    broker = choice.broker;
    if (!json) for (const reason of choice.passedOver) console.log(paint.dim(`Note: ${reason}.`));
    return await judging.then((report) => report(choice));
  } finally {
    await Promise.all([runner.close(), compiler.close()]);
    await broker?.stop();
  }
}

/** @returns `undefined` where help is wanted */
function parse(args: string[]): Words | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        answers: { type: "string", multiple: true, default: [] },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return undefined;
    const selection = select("check", positionals);
    const [module] = selection.modules;
    if (values.answers.length > 0 && (positionals.length === 0 || module === undefined)) {
      throw new UsageError(
        "--answers needs the module that the file answers",
        `npm run check -- 01 --answers ${values.answers[0]}`,
      );
    }
    return { selection, answers: values.answers.map(fileInProject), json: values.json };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const [first = ""] = (error as Error).message.split(/[.\n]/);
    throw new UsageError(first, "npm run check -- --help");
  }
}

/** npm starts a command in the project's folder; where it was typed stands in INIT_CWD. */
function fileInProject(word: string): string {
  const { INIT_CWD = process.cwd() } = process.env;
  const file = [INIT_CWD, root]
    .map((folder) => resolve(folder, word))
    .find((each) => existsSync(each));
  const next = "npm run check -- 01 --answers exercises/01-basic-pubsub.ts";
  if (file === undefined) throw new UsageError(`there is no file ${word}`, next);
  if (!statSync(file).isFile()) throw new UsageError(`${word} is no file`, next);
  const path = relative(root, file);
  if (path.startsWith("..") || resolve(path) === path) {
    throw new UsageError(
      `${word} lies outside of the workbook, where its imports lead nowhere`,
      "copy it into this folder, beside exercises, and name it there",
    );
  }
  return path.split(sep).join("/");
}

/** What there is to print once the broker is known, and the exit code. */
type Report = (choice: Choice) => number;

/** The exercises as they stand, up to the first problem of each function; progress remembers it. */
async function judgeExercises(
  { modules, functionName }: Selection,
  runner: Runner,
  compiler: TypeChecker,
): Promise<Report> {
  const verdicts = new Verdicts(runner, compiler);
  await Promise.all(modules.map((module) => verdicts.check(module, { functionName })));
  return ({ broker }) =>
    print(
      modules.map((module) => ({ module, states: verdicts.states.get(module.name) ?? [] })),
      verdicts.types,
      broker.name,
    );
}

/** Files that somebody names, and the exercises where all checks are wanted. */
async function judgeFiles(
  { selection: { modules, functionName }, answers, json }: Words,
  runner: Runner,
  compiler: TypeChecker,
): Promise<Report> {
  const seed = chooseSeed();
  const files = answers.length > 0 ? answers : ["exercises"];
  const runs = modules.flatMap((module) =>
    files.map((file) => ({ module, run: { module: module.name, answers: file } })),
  );
  const judged = await Promise.all(
    runs.map(async ({ module, run }) => {
      const path = relative(root, answersPath(run)).split(sep).join("/");
      const [results, types] = await Promise.all([
        runner.run([run], { functionName, firstProblemOnly: !json, seed }),
        json ? [] : compiler.problems([path]),
      ]);
      return { module, path, results, types };
    }),
  );
  if (!json) {
    return ({ broker }) =>
      print(
        judged.map(({ module, path, results }) => ({
          module,
          file: path,
          states: functionStates(module, results),
        })),
        judged.flatMap(({ types }) => types),
        broker.name,
      );
  }
  return () => {
    for (const { path, results } of judged) {
      for (const result of results) console.log(JSON.stringify(asObject(path, result)));
    }
    return exitCodeOf(judged.flatMap(({ results }) => results));
  };
}

function asObject(answers: string, result: CheckResult): Record<string, unknown> {
  const { run, functionName, title, outcome, explanation = { headline: null }, ...more } = result;
  const {
    headline,
    expected = null,
    got = null,
    why = null,
    wire = null,
    lookAt = null,
  } = explanation as Partial<Record<string, string | null>>;
  return {
    answers,
    module: run.module,
    function: functionName,
    check: title,
    outcome,
    headline,
    expected,
    got,
    why,
    wire,
    lookAt,
    printed: more.output,
    milliseconds: more.milliseconds,
    seed: more.seed,
  };
}

interface Judged {
  readonly module: Module;
  /** Where it is not the exercise. */
  readonly file?: string;
  readonly states: readonly FunctionState[];
}

function print(judged: readonly Judged[], types: readonly TypeProblem[], broker: string): number {
  const problems: string[] = [];
  if (types.length > 0) problems.push(drawTypeProblems(types));
  for (const { module, file, states } of judged) {
    const ownFile = file ?? module.exercise;
    if (types.some(({ syntax, file: other }) => syntax && other === ownFile)) continue;
    if (file !== undefined) console.log(paint.bold(file));
    console.log(`${drawModule(module, states)}\n`);
    const shown = new Set(states.flatMap(({ problem }) => problem ?? []));
    // Of what is still to do, the next one is enough.
    const [next] = [...shown].filter(({ outcome }) => outcome === "todo");
    for (const result of shown) {
      if (result.outcome !== "todo" || result === next) problems.push(drawProblem(module, result));
    }
  }
  for (const problem of problems) console.log(`${problem}\n`);
  const [failed] = judged.flatMap(({ states }) =>
    states.flatMap(({ problem }) => (problem && problem.outcome !== "todo" ? [problem] : [])),
  );
  // With the seed the same names and numbers come again.
  const seed = failed ? `, WORKBOOK_SEED=${failed.seed}` : "";
  console.log(paint.dim(`Broker: ${broker}${seed}`));
  const code = exitCodeOf(
    judged.flatMap(({ states }) => states.flatMap(({ problem }) => problem ?? [])),
  );
  return problems.length > 0 && code === exitCodes.fine ? exitCodes.wrong : code;
}

function exitCodeOf(results: readonly CheckResult[]): number {
  if (results.some(({ outcome }) => outcome === "environment")) return exitCodes.environment;
  return results.some(isProblem) ? exitCodes.wrong : exitCodes.fine;
}

await runCommand(check);
