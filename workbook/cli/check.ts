import { chooseBroker } from "../broker/choose.ts";
import { paint } from "../paint.ts";
import { fingerprint, recordVerdicts } from "./progress-file.ts";
import { drawModule, drawProblem, drawTypeProblems, functionStates } from "./report.ts";
import { type CheckResult, runChecks } from "./run-checks.ts";
import { needExercises, type Selection, select } from "./select.ts";
import { isUnreadable, type TypeProblem, typeProblems } from "./type-check.ts";
import { isTouched, untouchedResults } from "./untouched.ts";
import { exitCodes, runCommand } from "./usage.ts";

/** `npm run check [-- 01 | createClient]`: judge the exercises. */
async function check(): Promise<number> {
  const selection = select("check", process.argv.slice(2));
  needExercises(selection.modules);
  const fingerprints = new Map(selection.modules.map((each) => [each, fingerprint(each)]));
  const { broker, passedOver } = await chooseBroker("check");
  for (const reason of passedOver) console.log(paint.dim(`Note: ${reason}.`));
  try {
    // The compiler takes about as long as the checks: let both work at once. Not before there is a broker:
    // without one it would go on writing after we have left.
    const touched = selection.modules.filter(isTouched);
    const compiling = typeProblems(touched.map(({ exercise }) => exercise));
    const { functionName } = selection;
    const results = selection.modules.flatMap(
      (module) => untouchedResults(module, functionName) ?? [],
    );
    if (touched.length > 0) {
      const runs = touched.map(({ name }) => ({ module: name, answers: "exercises" }));
      results.push(...(await runChecks(runs, broker, { functionName, firstProblemOnly: true })));
    }
    const types = await compiling;
    for (const [module, of] of fingerprints) {
      if (!isUnreadable(module, types)) recordVerdicts(functionStates(module, results), of);
    }
    return report(selection, results, types, broker.name);
  } finally {
    await broker.stop();
  }
}

function report(
  { modules }: Selection,
  results: readonly CheckResult[],
  types: readonly TypeProblem[],
  broker: string,
): number {
  const problems: string[] = [];
  if (types.length > 0) problems.push(drawTypeProblems(types));
  for (const module of modules) {
    if (isUnreadable(module, types)) continue;
    const states = functionStates(module, results);
    console.log(`${drawModule(module, states)}\n`);
    const stray = results.find(
      ({ run, functionName }) => run.module === module.name && functionName === "",
    );
    const shown = states.flatMap(({ problem }) => problem ?? []);
    // Of what is still to do, the next one is enough.
    const next = shown.findIndex(({ outcome }) => outcome === "todo");
    for (const result of shown.filter(({ outcome }, i) => outcome !== "todo" || i === next)) {
      problems.push(drawProblem(module, result));
    }
    if (stray) problems.push(drawProblem(module, stray));
  }
  for (const problem of problems) console.log(`${problem}\n`);
  console.log(paint.dim(`Broker: ${broker}`));
  if (results.some(({ outcome }) => outcome === "environment")) return exitCodes.environment;
  return problems.length === 0 ? exitCodes.fine : exitCodes.wrong;
}

await runCommand(check);
