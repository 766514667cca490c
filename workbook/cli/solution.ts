import { createInterface } from "node:readline/promises";
import { isDone } from "../checks/function-state.ts";
import type { Module } from "../modules.ts";
import { drawDifference } from "./difference.ts";
import { rememberedStates } from "./remembered.ts";
import { hintsLeft } from "./reveal-hint.ts";
import { needExercises, selectNamed } from "./select.ts";
import { exitCodes, runCommand } from "./usage.ts";

/** `npm run solution -- createClient | 01`: what the solution does differently. */
async function solution(): Promise<number> {
  const { modules, functionName } = selectNamed("solution", process.argv.slice(2));
  needExercises(modules);
  for (const module of modules) {
    const warning = spoiling(module, functionName);
    if (warning !== undefined && !(await wanted(warning))) return exitCodes.fine;
    console.log(drawDifference(module, functionName));
  }
  return exitCodes.fine;
}

/** What would be lost by looking now, or `undefined` where the learner has found an answer. */
function spoiling(module: Module, functionName: string | undefined): string | undefined {
  const open = rememberedStates(module).filter(
    (state) =>
      !isDone(state) && (functionName === undefined || state.functionName === functionName),
  );
  if (open.length === 0) return undefined;
  if (functionName === undefined) {
    return `${open.length === 1 ? "One function of" : `${open.length} functions of`} module ${module.number} did not pass yet.`;
  }
  const said = `${functionName} did not pass yet.`;
  const left = hintsLeft(module, functionName);
  if (left === 0) return said;
  const hints = `${left} ${left === 1 ? "hint" : "hints"} left`;
  return `${said}\nYou have ${hints}: npm run hint ${functionName}`;
}

/** Only a person at a terminal can be asked; whoever writes it to a file has made up their mind. */
async function wanted(warning: string): Promise<boolean> {
  console.log(warning);
  if (!process.stdin.isTTY || !process.stdout.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // Ctrl-C and Ctrl-D close it: that is a no.
  const closed = new AbortController();
  terminal.once("close", () => closed.abort());
  try {
    const answer = await terminal.question("Show the solution? Type y for yes: ", closed);
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    terminal.close();
  }
}

await runCommand(solution);
