/**
 * `npm run mutate [-- 01]`: change each small thing in the solutions' answers, one at a time, and see
 * whether the checks notice. What survives is either in the list of the equivalent ones or a check that
 * is missing. Takes a few minutes for a module.
 */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Broker } from "../../workbook/broker/broker.ts";
import { chooseBroker } from "../../workbook/broker/choose.ts";
import { type Answers, isProblem } from "../../workbook/checks/contract.ts";
import { Runner } from "../../workbook/checks/runner.ts";
import { select } from "../../workbook/cli/select.ts";
import { exitCodes, runCommand } from "../../workbook/cli/usage.ts";
import { type Module, root } from "../../workbook/modules.ts";
import { equivalents } from "./equivalent.ts";
import { isSame, type Mutant, mutantsOf } from "./mutants.ts";

/** Checks wait more than they compute. */
const LANES_PER_CORE = 3;
const folder = ".workbook/mutation";

async function mutate(): Promise<number> {
  const { modules } = select("mutate", process.argv.slice(2));
  const { broker } = await chooseBroker("check");
  console.log(`Broker: ${broker.name}`);
  try {
    let problems = 0;
    for (const module of modules) problems += await mutateModule(module, broker);
    return problems === 0 ? exitCodes.fine : exitCodes.wrong;
  } finally {
    await broker.stop();
    rmSync(join(root, folder), { recursive: true, force: true });
  }
}

/** Returns how many survivors are not accounted for. */
async function mutateModule(module: Module, broker: Broker): Promise<number> {
  const mutants = new Map<string, Mutant>();
  mkdirSync(join(root, folder, module.name), { recursive: true });
  for (const [index, mutant] of (await mutantsOf(module)).entries()) {
    const file = `${folder}/${module.name}/${index}.ts`;
    mutants.set(file, mutant);
    writeFileSync(join(root, file), mutant.text.replaceAll('from "../', 'from "../../../'));
  }
  const illTyped = await withTypeErrors(module);
  const files = [...mutants.keys()].filter((file) => !illTyped.has(file));
  const runner = new Runner(broker, { lanes: LANES_PER_CORE * availableParallelism() });
  const survivors: Mutant[] = [];
  try {
    await Promise.all(
      files.map(async (answers) => {
        const mutant = mutants.get(answers);
        if (mutant && !(await isCaught({ module: module.name, answers }, mutant, runner))) {
          survivors.push(mutant);
        }
      }),
    );
  } finally {
    await runner.close();
  }
  survivors.sort((one, other) => one.line - other.line);
  const problems = survivors.filter(
    (survivor) =>
      !equivalents.some((each) => each.solution === module.name && isSame(each, survivor)),
  );
  for (const { functionName, line, original, replacement } of problems) {
    console.error(
      `SURVIVES  ${module.solution}:${line} ${functionName}\n  - ${original}\n  + ${replacement}`,
    );
  }
  console.log(
    `${module.name}: ${mutants.size} mutants, ${illTyped.size} refused by the compiler, ` +
      `${files.length - survivors.length} caught, ${survivors.length - problems.length} equivalent, ` +
      `${problems.length} survive`,
  );
  return problems.length;
}

/** Whether some check says no: the first one that does is enough, and those of its function come first. */
async function isCaught(run: Answers, { functionName }: Mutant, runner: Runner): Promise<boolean> {
  const caught = new AbortController();
  await runner.run([run], {
    first: functionName,
    firstProblemOnly: true,
    signal: caught.signal,
    // By a verdict: a broker that fails the check has noticed nothing.
    onResult: (result) => {
      if (isProblem(result) && result.outcome !== "environment") caught.abort();
    },
  });
  return caught.signal.aborted;
}

/** The files that a learner would see underlined: those need no check. */
async function withTypeErrors({ name }: Module): Promise<Set<string>> {
  const project = join(root, folder, name, "tsconfig.json");
  writeFileSync(
    project,
    JSON.stringify({ extends: "../../../tsconfig.json", include: ["*.ts"], exclude: [] }),
  );
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const output = await new Promise<string>((resolve) => {
    const words = [compiler, "--project", project, "--pretty", "false", "--noEmit"];
    execFile(process.execPath, words, { cwd: root, maxBuffer: 2 ** 26 }, (_, out) => resolve(out));
  });
  return new Set(
    [...output.matchAll(/^(\S+?\.ts)\(\d+,\d+\): error/gm)].map(([, file = ""]) => file),
  );
}

await runCommand(mutate);
