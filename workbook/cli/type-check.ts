import { execFile } from "node:child_process";
import { join } from "node:path";
import { type Module, root } from "../modules.ts";

export interface TypeProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
  /** The file is no TypeScript at all, so that nothing in it can run. */
  readonly syntax: boolean;
}

/** Whether a module's exercise is no TypeScript: its checks cannot have judged anything. */
export function isUnreadable({ exercise }: Module, problems: readonly TypeProblem[]): boolean {
  return problems.some(({ file, syntax }) => syntax && file === exercise);
}

/** The TypeScript compiler's errors in these exercises, in order. Never rejects. */
export async function typeProblems(files: readonly string[]): Promise<TypeProblem[]> {
  if (files.length === 0) return [];
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const project = join(root, "workbook/cli/tsconfig.exercises.json");
  const output = await new Promise<string>((resolve) => {
    // One thread: the checks run at the same time, and they are what the learner waits for.
    const words = [compiler, "--project", project, "--pretty", "false", "--singleThreaded"];
    execFile(process.execPath, words, { cwd: root }, (_error, stdout) => resolve(stdout));
  });
  return output.split("\n").flatMap((line) => {
    const [, file = "", at, code = "", message = ""] =
      line.match(/^(.+?)\((\d+),\d+\): error TS(\d+): (.+?)\r?$/) ?? [];
    if (!files.includes(file)) return [];
    // The compiler numbers its syntax errors from 1000 to 1999.
    return [{ file, line: Number(at), message, syntax: code.length === 4 && code.startsWith("1") }];
  });
}
