import { access } from "node:fs/promises";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { inTime } from "./deadline.ts";
import { restoreGlobals } from "./globals.ts";
import { Wrong } from "./wrong.ts";

/** How long a file may take to load, in milliseconds. It is compiled first, with all that it imports. */
const LOADING = 15_000;

/** The file under test, and which of its exports the check that runs has looked up. */
let current: { readonly file: string; readonly uses: Set<string> } | undefined;
const endings: (() => Promise<void>)[] = [];
const loaded = new Map<string, Promise<object>>();

/** From here on the checks are about this file. Returns the names that are looked up in it from now on. */
export async function takeUpAnswers(file: string): Promise<ReadonlySet<string>> {
  if (file !== current?.file) await putDownAnswers();
  const uses = new Set<string>();
  current = { file, uses };
  return uses;
}

/** The checks are through with the file: end what was made for it. */
export async function putDownAnswers(): Promise<void> {
  current = undefined;
  for (const end of endings.splice(0).reverse()) await end();
}

/**
 * Something that is made once for all the checks of one file of answers.
 *
 * @param make called by the first check that asks, with what that check gives it
 * @param end called with what was made when the checks are through
 */
export function oncePerAnswers<Given extends unknown[], T>(
  make: (...given: Given) => Promise<T>,
  end: (made: T) => Promise<void> = async () => {},
): (...given: Given) => Promise<T> {
  let made: { readonly result: Promise<T>; uses: ReadonlySet<string> } | undefined;
  return (...given) => {
    const { uses } = underTest();
    if (made === undefined) {
      const result = make(...given);
      // Each check that asks hears of a failure; until then nobody needs to.
      result.catch(() => {});
      // The first check looks up for the others what they will never ask for.
      made = { result, uses };
      endings.push(async () => {
        made = undefined;
        await result.then(end, () => {});
      });
    }
    for (const name of made.uses) uses.add(name);
    return made.result;
  };
}

/**
 * The module's answers that are under test, loaded once.
 *
 * @throws Wrong when the file never finishes loading; whatever the file throws while it loads
 */
export async function loadAnswers<Answers extends object>(): Promise<Answers> {
  const { file, uses } = underTest();
  const exports = await loadFile(file);
  return new Proxy(exports, {
    get: (target, name, receiver) => {
      if (typeof name === "string") uses.add(name);
      return Reflect.get(target, name, receiver);
    },
  }) as Answers;
}

/**
 * The file under test, for a process that loads it by itself.
 *
 * @param uses what that process looks up in it
 */
export function answersFile(...uses: string[]): string {
  const { file, uses: all } = underTest();
  for (const name of uses) all.add(name);
  return file;
}

/** The exports of a file, which is loaded once for each process. */
export function loadFile(file: string): Promise<object> {
  let answers = loaded.get(file);
  if (answers === undefined) {
    answers = load(file);
    loaded.set(file, answers);
  }
  return answers;
}

function underTest() {
  if (current === undefined) throw new Error("no answers are under test");
  return current;
}

async function load(file: string): Promise<object> {
  await access(file);
  // Whether a file is still being read and compiled shows nowhere in this thread.
  const answers = await inTime(
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
