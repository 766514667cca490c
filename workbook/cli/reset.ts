import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findDeclaration } from "../declarations.ts";
import { type Module, readLesson, root } from "../modules.ts";
import { exerciseText, freshStub, importTodo } from "../stub.ts";
import { UsageError } from "../usage-error.ts";
import { forget } from "./progress-file.ts";
import { selectNamed } from "./select.ts";
import { exitCodes, runCommand } from "./usage.ts";

const backups = ".workbook/backups";

/** `npm run reset -- 02 | createClient`: an exercise, or one function, as it came. Keeps a copy first. */
async function reset(): Promise<number> {
  const { modules, functionName } = selectNamed("reset", process.argv.slice(2));
  for (const module of modules) {
    const before = exerciseText(module);
    const after =
      functionName === undefined || before === undefined
        ? freshStub(module)
        : withFreshFunction(module, before, functionName);
    const what = functionName ?? module.exercise;
    if (after === before) {
      console.log(`${what} is as it came: nothing to reset.`);
      continue;
    }
    if (before !== undefined) console.log(`A copy of your file is in ${backUp(module)}`);
    writeFileSync(join(root, module.exercise), after);
    const all = readLesson(module).sections.map((section) => section.functionName);
    forget(functionName === undefined ? all : [functionName]);
    console.log(`${what} is as it came, and its hints begin again.`);
  }
  return exitCodes.fine;
}

function withFreshFunction(module: Module, source: string, functionName: string): string {
  const stub = freshStub(module);
  const fresh = findDeclaration(stub, functionName);
  const own = findDeclaration(source, functionName);
  if (own === undefined || fresh === undefined) {
    throw new UsageError(
      `${functionName} cannot be found in ${module.exercise}`,
      `npm run reset -- ${module.number}`,
    );
  }
  const text = stub.slice(fresh.start, fresh.end);
  const result = source.slice(0, own.start) + text + source.slice(own.end);
  if (/^import .*\bTodo\b/m.test(result)) return result;
  return importTodo(result.split("\n")).join("\n");
}

/** @returns where the copy is: by date, so that none takes the place of another */
function backUp({ name, exercise }: Module): string {
  const date = new Date();
  // In the learner's own time, without the colons that not every system allows in a name.
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  const stamp = local.toISOString().slice(0, 23).replaceAll(":", "-");
  const copy = `${backups}/${name}.${stamp}.ts`;
  mkdirSync(join(root, backups), { recursive: true });
  copyFileSync(join(root, exercise), join(root, copy));
  return copy;
}

await runCommand(reset);
