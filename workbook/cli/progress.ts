import { listModules, type Module } from "../modules.ts";
import { paint } from "../paint.ts";
import { UsageError } from "../usage-error.ts";
import { drawState, drawTitle } from "./report.ts";
import { listStandings, type Standing } from "./standing.ts";
import { exitCodes, runCommand } from "./usage.ts";

/** `npm run progress`: what the checks found when they last ran, and whether that still holds. */
async function progress(): Promise<number> {
  const [unknown] = process.argv.slice(2);
  if (unknown !== undefined) {
    throw new UsageError(`npm run progress takes no "${unknown}"`, "npm run progress");
  }
  const standings = listStandings();
  const parts = [
    { what: "modules", modules: listModules().filter(({ lab }) => !lab) },
    { what: "labs", modules: listModules().filter(({ lab }) => lab) },
  ];
  for (const { what, modules } of parts) {
    if (modules.length === 0) continue;
    const own = standings.filter(({ module }) => modules.some(({ name }) => name === module.name));
    const passed = own.filter(({ outcome, outdated }) => outcome === "passed" && !outdated);
    console.log(`The ${what}: ${passed.length} of ${own.length} functions pass\n`);
    for (const module of modules) console.log(`${drawStandings(module, own)}\n`);
  }
  console.log(next(standings));
  return exitCodes.fine;
}

function drawStandings(module: Module, standings: readonly Standing[]): string {
  const own = standings.filter((standing) => standing.module.name === module.name);
  if (own.every(({ outcome, outdated }) => outcome === "passed" && !outdated)) {
    return `${drawTitle(module)}\n  ${drawState("passed", `all ${own.length} functions`)}`;
  }
  return [drawTitle(module), ...own.map((standing) => `  ${drawStanding(standing)}`)].join("\n");
}

function drawStanding({ functionName, outcome, outdated }: Standing): string {
  if (outcome === undefined) return paint.dim(`  not checked ${functionName}`);
  const state = drawState(outcome, functionName);
  return outdated ? `${state}${paint.yellow("  (changed since)")}` : state;
}

function next(standings: readonly Standing[]): string {
  const changed = new Set(
    standings.filter(({ outdated }) => outdated).map(({ module }) => module.number),
  );
  const [module] = changed;
  if (module === undefined) return paint.dim("Next: npm start");
  const what = changed.size === 1 ? `Module ${module}` : `Modules ${[...changed].join(", ")}`;
  const command = changed.size === 1 ? `npm run check -- ${module}` : "npm run check";
  return `${what}: the exercise, or its checks, changed since the last check.\nNext: ${command}`;
}

await runCommand(progress);
