import { existsSync } from "node:fs";
import { join } from "node:path";
import { EnvironmentProblem } from "../environment-problem.ts";
import { listModules, type Module, readLesson, root } from "../modules.ts";
import { wrap } from "../rows.ts";
import { UsageError } from "../usage-error.ts";

export interface Selection {
  readonly modules: readonly Module[];
  /** Only this function. */
  readonly functionName?: string;
}

/**
 * What the words after a command mean: nothing for everything, `01` or `01-basic-pubsub` for a module,
 * or the name of a function.
 *
 * @param command the command's name, e.g. `check`, for the advice in the error
 * @throws UsageError for anything else
 */
export function select(command: string, words: readonly string[]): Selection {
  const modules = listModules();
  const [word, second] = words;
  if (second !== undefined) {
    throw new UsageError(
      `one module or function at a time, not "${words.join(" ")}"`,
      `npm run ${command} -- ${word}`,
    );
  }
  if (word === undefined) return { modules };
  const module = modules.find(({ name, number }) =>
    [name, number, `${Number(number)}`].includes(word),
  );
  if (module !== undefined) return { modules: [module] };
  const owner = modules.find((each) => functionsOf(each).includes(word));
  if (owner !== undefined) return { modules: [owner], functionName: word };
  const known = modules.flatMap((each) =>
    wrap(`  ${each.number}  ${functionsOf(each).join(", ")}`, 79, "      "),
  );
  throw new UsageError(
    `"${word}" is neither a module nor a function. There are:\n${known.join("\n")}`,
    `npm run ${command} -- ${modules[0]?.number}`,
  );
}

/**
 * The same for a command that changes or gives away something, and so does nothing to everything.
 *
 * @throws UsageError when nothing is named, too
 */
export function selectNamed(command: string, words: readonly string[]): Selection {
  if (words.length > 0) return select(command, words);
  const [module] = listModules();
  throw new UsageError(
    `npm run ${command} needs a function or a module`,
    `npm run ${command} -- ${module ? functionsOf(module)[0] : ""}`,
  );
}

function functionsOf(module: Module): string[] {
  return readLesson(module).sections.map(({ functionName }) => functionName);
}

/** @throws EnvironmentProblem when an exercise file is not there */
export function needExercises(modules: readonly Module[]): void {
  for (const { exercise } of modules) {
    if (existsSync(join(root, exercise))) continue;
    throw new EnvironmentProblem(`${exercise} is missing`, `git restore ${exercise}`);
  }
}
