import { chooseBroker } from "../broker/choose.ts";
import { Runner } from "../checks/runner.ts";
import { openTypeChecker } from "../checks/type-check.ts";
import { listModules } from "../modules.ts";
import { paint } from "../paint.ts";
import { UsageError } from "../usage-error.ts";
import { Learner } from "./learner.ts";
import { needExercises } from "./select.ts";
import { exitCodes, runCommand } from "./usage.ts";
import { Verdicts } from "./verdicts.ts";
import { watchExercises } from "./watch.ts";

/** As many processes check a module at a time: more than cores, because checks wait more than they compute. */
const LANES = 3;

/**
 * `npm start`: where you are and what comes next. On a terminal it shows at once what it remembers, checks
 * behind that, and stays to check a module whenever its exercise is saved. Without a terminal it checks,
 * prints the same once and ends.
 */
async function start(): Promise<number> {
  const [unknown] = process.argv.slice(2);
  if (unknown !== undefined) throw new UsageError(`npm start takes no "${unknown}"`, "npm start");
  const modules = listModules();
  needExercises(modules);
  const stays = process.stdin.isTTY && process.stdout.isTTY;
  const choosing = chooseBroker("check");
  choosing.catch(() => {});
  const runner = new Runner(
    choosing.then(({ broker }) => broker),
    { columns: process.stdout.columns ?? 0, lanes: LANES, spares: LANES },
  );
  const compiler = openTypeChecker();
  try {
    const verdicts = new Verdicts(runner, compiler);
    const open = modules.filter((module) => !verdicts.recall(module));
    const learner = new Learner(modules, verdicts);
    if (stays) {
      console.log(`${learner.overview()}\n`);
      runner.warm(learner.module.name);
      compiler.warm();
    }
    const { broker, passedOver } = await choosing;
    for (const reason of passedOver) console.log(paint.dim(`Note: ${reason}.`));
    console.log(paint.dim(`Broker: ${broker.name}`));
    if (stays) {
      await watchExercises({ modules, open, verdicts, learner, runner });
    } else {
      await Promise.all(open.map((module) => verdicts.check(module)));
      console.log(`\n${new Learner(modules, verdicts).overview()}`);
    }
    return exitCodes.fine;
  } finally {
    await Promise.all([runner.close(), compiler.close()]);
    await choosing.then(
      ({ broker }) => broker.stop(),
      () => {},
    );
  }
}

await runCommand(start);
