import { access } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { inject } from "vitest";
import { within } from "./deadline.ts";
import { restoreGlobals } from "./globals.ts";
import { Wrong } from "./wrong.ts";

/** How long a file may take to load, in milliseconds. It is compiled first, with all that it imports. */
const LOADING = 15_000;

/**
 * The answers under test: a folder that holds `<module>.ts`, or one file that stands for a module.
 * Given by whoever starts the run (`exercises`, `solutions`, a mutant).
 */
const loaded = new Map<string, Promise<unknown>>();

/**
 * Load a module's answers, once for each worker.
 *
 * @throws Wrong when the file never finishes loading; whatever the file throws while it loads
 */
export function loadAnswers<Answers>(module: string): Promise<Answers> {
  const file = answersFile(module);
  let answers = loaded.get(file);
  if (answers === undefined) {
    answers = load(file);
    loaded.set(file, answers);
  }
  return answers as Promise<Answers>;
}

/** The file that holds a module's answers: for a process of their own. */
export function answersFile(module: string): string {
  const given = resolve(inject("answers"));
  return given.endsWith(".ts") ? given : join(given, `${module}.ts`);
}

async function load(file: string): Promise<unknown> {
  await access(file);
  const answers = await within(
    import(/* @vite-ignore */ pathToFileURL(file).href),
    () =>
      new Wrong({
        headline: `${basename(file)} did not finish loading`,
        expected: "a file that defines functions",
        got: `still loading after ${LOADING / 1000} s`,
        why: "something at the top level of the file waits for ever",
      }),
    LOADING,
  );
  // What a file changes while it loads is the fault of none of its functions.
  restoreGlobals();
  return answers;
}
