import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the whole project. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** One module of the workbook. Its files are found by its name; paths are relative to the project. */
export interface Module {
  /** e.g. `01-basic-pubsub` */
  readonly name: string;
  /** e.g. `01` */
  readonly number: string;
  /** What follows the five modules, for those who want more: it is listed apart from them. */
  readonly lab: boolean;
  readonly exercise: string;
  readonly solution: string;
  readonly lesson: string;
  /** One file, or for a long module several in a folder of its name. */
  readonly checks: readonly string[];
}

const LAST_MODULE = 5;

/** All modules in their order, and the labs behind them: one for each solution. */
export function listModules(): Module[] {
  return readdirSync(join(root, "solutions"))
    .filter((file) => /^\d\d-.+\.ts$/.test(file))
    .sort()
    .map((file) => {
      const name = file.replace(/\.ts$/, "");
      return {
        name,
        number: name.slice(0, 2),
        lab: Number(name.slice(0, 2)) > LAST_MODULE,
        exercise: `exercises/${name}.ts`,
        solution: `solutions/${name}.ts`,
        lesson: `exercises/${name}.md`,
        checks: checkFiles(name),
      };
    });
}

/** The files with a module's checks, by the module's name. */
export function checkFiles(name: string): string[] {
  const folder = `test/exercises/${name}`;
  if (!existsSync(join(root, folder))) return [`${folder}.test.ts`];
  return readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".test.ts"))
    .sort()
    .map((file) => `${folder}/${file}`);
}

/** What a lesson says of one function. */
export interface Section {
  readonly functionName: string;
  /** From the idea to almost the code. */
  readonly hints: readonly string[];
}

export interface Lesson {
  readonly title: string;
  readonly minutes: number;
  /** The functions to write, in order. */
  readonly sections: readonly Section[];
  readonly keyQuestion: string;
  readonly keyAnswer: string;
}

/**
 * Read a module's lesson. Its headings are its data: `# title`, one `## name` in code style for each
 * function with its hints in `<details>`, and `## Key question`.
 */
export function readLesson(module: Module): Lesson {
  const text = readFileSync(join(root, module.lesson), "utf8");
  const [head = "", ...parts] = text.split(/^## /m);
  const named = (name: string) => parts.find((part) => part.startsWith(name)) ?? "";
  const question = named("Key question");
  return {
    title: head.match(/^# (.+)$/m)?.[1] ?? module.name,
    minutes: Number(head.match(/About (\d+) minutes/)?.[1] ?? Number.NaN),
    sections: parts.flatMap((part) => {
      const functionName = part.match(/^`(\w+)`/)?.[1];
      return functionName === undefined ? [] : [{ functionName, hints: detailsIn(part) }];
    }),
    keyQuestion: question
      .replace(/^Key question\s*/, "")
      .replace(/<details>[\s\S]*$/, "")
      .trim(),
    keyAnswer: detailsIn(question)[0] ?? "",
  };
}

function detailsIn(text: string): string[] {
  return [...text.matchAll(/<details><summary>[^<]*<\/summary>\s*([\s\S]*?)\s*<\/details>/g)].map(
    ([, hint = ""]) => hint,
  );
}

/** The line of a file where a function is declared, from 1; `undefined` where it is not. */
export function lineOfFunction(file: string, functionName: string): number | undefined {
  return lineOf(file, new RegExp(`\\b(function\\*?|const|let|class)\\s+${functionName}\\b`));
}

/** The line where a lesson begins to speak of a function, from 1; `undefined` where it does not. */
export function lineOfSection({ lesson }: Module, functionName: string): number | undefined {
  return lineOf(lesson, new RegExp(`^## \`${functionName}\``));
}

function lineOf(file: string, pattern: RegExp): number | undefined {
  const path = join(root, file);
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, "utf8").split("\n");
  const index = lines.findIndex((line) => pattern.test(line));
  return index === -1 ? undefined : index + 1;
}
