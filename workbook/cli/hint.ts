import { isDone } from "../checks/function-state.ts";
import { paint } from "../paint.ts";
import { rememberedStates } from "./remembered.ts";
import { hintsLeft, revealHint, withoutHints } from "./reveal-hint.ts";
import { select } from "./select.ts";
import { exitCodes, runCommand } from "./usage.ts";

/** `npm run hint [-- createClient]`: the next hint, for the function named or the first one to do. */
async function hint(): Promise<number> {
  const { modules, functionName } = select("hint", process.argv.slice(2));
  const all = modules.flatMap((module) =>
    rememberedStates(module).map((state) => ({ module, ...state })),
  );
  const found = all.find((state) =>
    functionName === undefined ? !isDone(state) : state.functionName === functionName,
  );
  if (found === undefined) {
    console.log("Every function here has passed. For a hint all the same, name the function.");
    return exitCodes.fine;
  }
  const text = revealHint(found.module, found.functionName);
  if (text === undefined) {
    console.log(withoutHints(found.module, found.functionName));
    return exitCodes.wrong;
  }
  console.log(text);
  const left = hintsLeft(found.module, found.functionName);
  const more = `${left === 1 ? "One more" : `${left} more`}: npm run hint ${found.functionName}`;
  const last = `That was the last one. The solution: npm run solution ${found.functionName}`;
  console.log(`\n${paint.dim(left > 0 ? more : last)}`);
  return exitCodes.fine;
}

await runCommand(hint);
