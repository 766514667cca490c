import { watch } from "chokidar";
import { chooseBroker } from "../broker/choose.ts";
import { listModules, type Module, root } from "../modules.ts";
import { paint } from "../paint.ts";
import { drawModule, drawProblem, drawTypeProblems, functionStates } from "./report.ts";
import { type CheckResult, type OpenChecks, openChecks } from "./run-checks.ts";
import { needExercises } from "./select.ts";
import { type TypeProblem, typeProblems } from "./type-check.ts";
import { exitCodes, runCommand } from "./usage.ts";

/**
 * `npm start`: where you are and what comes next. On a terminal it stays, and checks a module whenever
 * its exercise is saved; without one it prints the same once and ends.
 */
async function start(): Promise<number> {
  const modules = listModules();
  needExercises(modules);
  const watching = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const { broker, passedOver } = await chooseBroker("check");
  try {
    for (const reason of passedOver) console.log(paint.dim(`Note: ${reason}.`));
    console.log(paint.dim(`Broker: ${broker.name}\n`));
    const runs = modules.map(({ name }) => ({ module: name, answers: "exercises" }));
    const checks = await openChecks(runs, broker, { firstProblemOnly: true });
    try {
      const [results, types] = await Promise.all([
        checks.run(),
        typeProblems(modules.map(({ exercise }) => exercise)),
      ]);
      show(modules, results, types);
      if (watching) await checkOnSave(modules, checks, results);
    } finally {
      await checks.close();
    }
    return exitCodes.fine;
  } finally {
    await broker.stop();
  }
}

/** The module that the learner is at, its functions, and the next thing to do. */
function show(
  modules: readonly Module[],
  results: readonly CheckResult[],
  types: readonly TypeProblem[],
): void {
  const states = modules.map((module) => ({ module, functions: functionStates(module, results) }));
  const current = states.find(({ functions }) => functions.some(({ problem }) => problem));
  for (const { module, functions } of states) {
    if (module === current?.module) break;
    console.log(paint.green(`${module.number} · all ${functions.length} functions passed`));
  }
  if (current === undefined) {
    console.log("\nEvery check passes: you have finished the workbook.");
    return;
  }
  console.log(drawModule(current.module, current.functions, modules.length));
  const { exercise } = current.module;
  const own = types.filter(({ file }) => file === exercise);
  if (own.length > 0) console.log(`\n${drawTypeProblems(own)}`);
  const next = current.functions.find(({ problem }) => problem)?.problem;
  if (next && !own.some(({ syntax }) => syntax)) {
    console.log(`\n${drawProblem(current.module, next)}`);
  }
}

/** Until the learner quits: check a module when its exercise is saved. */
async function checkOnSave(
  modules: readonly Module[],
  checks: OpenChecks,
  results: CheckResult[],
): Promise<void> {
  const hint = "\nSave the file to check it again. Press q to quit.";
  console.log(paint.dim(hint));
  const saved = new Set<string>();
  let working: Promise<void> | undefined;
  const check = async () => {
    let types: TypeProblem[] = [];
    while (saved.size > 0) {
      const names = [...saved];
      saved.clear();
      const [fresh, problems] = await Promise.all([
        checks.run(names),
        typeProblems(modules.map(({ exercise }) => exercise)),
      ]);
      results = [...results.filter(({ run }) => !names.includes(run.module)), ...fresh];
      types = problems;
    }
    console.log(`\n${paint.dim("─".repeat(Math.min(80, process.stdout.columns ?? 80)))}\n`);
    show(modules, results, types);
    console.log(paint.dim(hint));
  };
  const watcher = watch(
    modules.map(({ exercise }) => exercise),
    {
      cwd: root,
      ignoreInitial: true,
      awaitWriteFinish: { stabilityThreshold: 30, pollInterval: 10 },
    },
  );
  watcher.on("all", (event, path) => {
    const module = modules.find(({ exercise }) => exercise === path.replaceAll("\\", "/"));
    if (module === undefined || event === "unlink") return;
    checks.changed(`${root}${module.exercise}`);
    saved.add(module.name);
    working ??= check().finally(() => {
      working = undefined;
    });
  });
  try {
    await quitKey();
  } finally {
    await watcher.close();
    await working;
  }
}

/** q, Ctrl-C and Ctrl-D, as a terminal in raw mode sends them. */
const quitKeys = new Set(["q", "Q", "\u0003", "\u0004"]);

/** Resolves when q or Ctrl-C is pressed, or the terminal goes away. */
function quitKey(): Promise<void> {
  const { stdin } = process;
  stdin.setRawMode(true);
  stdin.resume();
  return new Promise((resolve) => {
    const quit = () => {
      stdin.setRawMode(false);
      stdin.pause();
      resolve();
    };
    stdin.on("data", (keys) => {
      if (quitKeys.has(keys.toString())) quit();
    });
    stdin.once("end", quit);
  });
}

await runCommand(start);
