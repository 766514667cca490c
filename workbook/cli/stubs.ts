import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listModules, type Module, root } from "../modules.ts";
import { exerciseText, freshStub } from "../stub.ts";
import { UsageError } from "../usage-error.ts";
import { exitCodes, runCommand } from "./usage.ts";

/** `npm run stubs`: cut the exercises from the solutions anew. Never over work that git does not hold. */
async function stubs(): Promise<number> {
  const [unknown] = process.argv.slice(2);
  if (unknown !== undefined) {
    throw new UsageError(`npm run stubs takes no "${unknown}"`, "npm run stubs");
  }
  let refused = 0;
  for (const module of listModules()) {
    const stub = freshStub(module);
    if (exerciseText(module) === stub) continue;
    if (hasUncommittedWork(module)) {
      console.error(`${module.exercise} has work that is not committed: left as it is.`);
      refused++;
      continue;
    }
    writeFileSync(join(root, module.exercise), stub);
    console.log(`${module.exercise} cut from ${module.solution}`);
  }
  return refused === 0 ? exitCodes.fine : exitCodes.wrong;
}

function hasUncommittedWork(module: Module): boolean {
  if (!existsSync(join(root, module.exercise))) return false;
  const status = ["status", "--porcelain", "--", module.exercise];
  return execFileSync("git", status, { cwd: root, encoding: "utf8" }) !== "";
}

await runCommand(stubs);
