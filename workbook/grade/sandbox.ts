import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isRunning } from "../broker/lifetime.ts";
import { root } from "../modules.ts";
import { type Compiled, compileChecks, compileExercise } from "./compile.ts";
import type { Submission } from "./submissions.ts";

/** What checks need of the project: neither the solutions nor the wrong answers are among it. */
const parts = ["workbook", "test/exercises"];
const asTheyAre = ["package.json", "workbook/grade/plain-loader.js"];

const prefix = "mqtt-workbook-grade-";

/** Removes the sandboxes of gradings that were killed. */
export function sweepSandboxes(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : 0;
    if (!(owner > 0) || isRunning(owner)) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // It belongs to another user of this machine.
    }
  }
}

/** A folder with clean checks and the exercise files of one submission, to be thrown away. */
export interface Sandbox {
  readonly folder: string;
  remove(): void;
}

let compiled: Promise<readonly Compiled[]> | undefined;

/** The same for every submission. */
function compiledChecks(): Promise<readonly Compiled[]> {
  compiled ??= compileChecks(parts);
  return compiled;
}

/**
 * Its TypeScript becomes JavaScript under the same names: what loads a submission may start no program, and
 * a compiler is one.
 *
 * @param packages `linked` to this project's packages; or `mounted` there later, in a container, whose
 *   user must be able to read everything
 */
export async function makeSandbox(
  submission: Submission,
  packages: "linked" | "mounted",
): Promise<Sandbox> {
  const exercises = await Promise.all(
    [...submission.files].map(async ([module, content]) => {
      const path = `exercises/${module}.ts`;
      return { path, text: await compileExercise(path, content) };
    }),
  );
  const checks = await compiledChecks();
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  try {
    for (const { path, text } of [...checks, ...exercises]) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    for (const path of asTheyAre) copyFileSync(join(root, path), join(folder, path));
    const link = join(folder, "node_modules");
    if (packages === "linked") symlinkSync(join(root, "node_modules"), link, "junction");
    else mkdirSync(link);
    mkdirSync(join(folder, "tmp"));
    if (packages === "mounted") chmodSync(folder, 0o755);
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
