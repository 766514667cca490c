import type { Broker } from "../broker/broker.ts";
import { chooseBroker } from "../broker/choose.ts";
import { listModules, type Module } from "../modules.ts";
import { paint } from "../paint.ts";
import { UsageError } from "../usage-error.ts";
import { Learner } from "./learner.ts";
import { openChecks } from "./run-checks.ts";
import { needExercises } from "./select.ts";
import { exitCodes, runCommand } from "./usage.ts";
import { Verdicts } from "./verdicts.ts";
import { watchExercises } from "./watch.ts";

/**
 * `npm start`: where you are and what comes next. On a terminal it stays, and checks a module whenever
 * its exercise is saved; without one it prints the same once and ends.
 */
async function start(): Promise<number> {
  const [unknown] = process.argv.slice(2);
  if (unknown !== undefined) throw new UsageError(`npm start takes no "${unknown}"`, "npm start");
  const modules = listModules();
  needExercises(modules);
  const { broker, passedOver } = await chooseBroker("check");
  for (const reason of passedOver) console.log(paint.dim(`Note: ${reason}.`));
  console.log(paint.dim(`Broker: ${broker.name}`));
  try {
    await open(modules, broker);
  } finally {
    await broker.stop();
  }
  return exitCodes.fine;
}

async function open(modules: readonly Module[], broker: Broker): Promise<void> {
  const runs = modules.map(({ name }) => ({ module: name, answers: "exercises" }));
  const checks = await openChecks(runs, broker, { firstProblemOnly: true });
  try {
    const verdicts = new Verdicts(modules, checks);
    await verdicts.checkAll();
    const learner = new Learner(modules, verdicts);
    console.log(`\n${learner.overview()}`);
    if (process.stdin.isTTY && process.stdout.isTTY) {
      await watchExercises(modules, verdicts, learner);
    }
  } finally {
    await checks.close();
  }
}

await runCommand(start);
