import type { FunctionState } from "../checks/function-state.ts";
import { drawState, drawTitle } from "../checks/report.ts";
import { listModules, type Module } from "../modules.ts";
import { paint } from "../paint.ts";
import { UsageError } from "../usage-error.ts";
import { rememberedStates } from "./remembered.ts";
import { exitCodes, runCommand } from "./usage.ts";

/** `npm run progress`: what the checks found when they last ran, and whether that still holds. */
async function progress(): Promise<number> {
  const [unknown] = process.argv.slice(2);
  if (unknown !== undefined) {
    throw new UsageError(`npm run progress takes no "${unknown}"`, "npm run progress");
  }
  const parts = [
    { what: "modules", modules: listModules().filter(({ lab }) => !lab) },
    { what: "labs", modules: listModules().filter(({ lab }) => lab) },
  ];
  for (const { what, modules } of parts) {
    if (modules.length === 0) continue;
    const own = modules.map((module) => ({ module, states: rememberedStates(module) }));
    const all = own.flatMap(({ states }) => states);
    console.log(`The ${what}: ${all.filter(passes).length} of ${all.length} functions pass\n`);
    for (const { module, states } of own) console.log(`${drawStates(module, states)}\n`);
  }
  const changed = listModules().filter((module) =>
    rememberedStates(module).some(({ outdated }) => outdated),
  );
  console.log(next(changed.map(({ number }) => number)));
  return exitCodes.fine;
}

function passes({ outcome, outdated }: FunctionState): boolean {
  return outcome === "passed" && !outdated;
}

function drawStates(module: Module, states: readonly FunctionState[]): string {
  if (states.every(passes)) {
    const functionName = `all ${states.length} functions`;
    return `${drawTitle(module)}\n  ${drawState({ functionName, outcome: "passed" })}`;
  }
  return [drawTitle(module), ...states.map((state) => `  ${drawState(state)}`)].join("\n");
}

/** @param changed the numbers of the modules that were checked before they were changed */
function next(changed: readonly string[]): string {
  const [module] = changed;
  if (module === undefined) return paint.dim("Next: npm start");
  const what = changed.length === 1 ? `Module ${module}` : `Modules ${changed.join(", ")}`;
  const command = changed.length === 1 ? `npm run check -- ${module}` : "npm run check";
  return `${what}: the exercise, or its checks, changed since the last check.\nNext: ${command}`;
}

await runCommand(progress);
