import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning } from "../broker/lifetime.ts";
import { root } from "../modules.ts";
import type { Submission } from "./submissions.ts";

/** What checks need of the project: neither the solutions nor the wrong answers are among it. */
const parts = ["package.json", "tsconfig.json", "workbook", "test/exercises", "test/harness"];

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

/**
 * @param packages `linked` to this project's packages; or `mounted` there later, in a container, whose
 *   user must be able to read everything
 */
export function makeSandbox(submission: Submission, packages: "linked" | "mounted"): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  try {
    for (const part of parts) cpSync(join(root, part), join(folder, part), { recursive: true });
    mkdirSync(join(folder, "exercises"));
    for (const [module, content] of submission.files) {
      writeFileSync(join(folder, "exercises", `${module}.ts`), content);
    }
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
