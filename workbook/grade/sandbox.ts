import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../modules.ts";
import type { Submission } from "./submissions.ts";

/** What checks need of the project: neither the solutions nor the wrong answers are among it. */
const parts = ["package.json", "tsconfig.json", "workbook", "test/exercises", "test/harness"];

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
  const folder = mkdtempSync(join(tmpdir(), "mqtt-workbook-grade-"));
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
