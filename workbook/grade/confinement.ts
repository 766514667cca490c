import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import type { Confinement } from "../cli/run-checks.ts";

/** For the heap alone; what lies outside of it is the watchdog's to limit. */
const HEAP_MEGABYTES = 512;

/**
 * What a process with a submission in it may do: read this sandbox and the packages, write nothing,
 * start no program, and import what an exercise has any use for.
 *
 * @param sandbox the folder with the checks and the submission
 */
export function confineTo(sandbox: string): Confinement {
  const packages = realpathSync(join(sandbox, "node_modules"));
  const readable = [realpathSync(sandbox), packages, realpathSync(tmpdir())];
  const permission = process.allowedNodeEnvironmentFlags.has("--permission")
    ? "--permission"
    : "--experimental-permission";
  return {
    execArgv: [
      permission,
      ...readable.map((folder) => `--allow-fs-read=${folder}`),
      // For the watchdog; the seat belt of the checks takes it away from the answers.
      "--allow-worker",
      `--max-old-space-size=${HEAP_MEGABYTES}`,
    ],
    plugin: {
      name: "imports-of-a-submission",
      enforce: "pre",
      async resolveId(id, importer, options) {
        const resolved = await this.resolve(id, importer, { ...options, skipSelf: true });
        const file = plainPath(resolved?.id ?? id);
        const isOfSubmission = plainPath(importer ?? "").startsWith(under(sandbox, "exercises"));
        const isOfChecks =
          file.startsWith(under(sandbox, "test")) || /(^|\/)@?(vitest|vite)(\/|$)/.test(file);
        if (isOfSubmission && isOfChecks) throw new Error(`an exercise may not import ${id}`);
        return resolved;
      },
      load(id) {
        const file = plainPath(id);
        const isAllowed = readable.some((folder) => file.startsWith(under(folder)));
        if (file.startsWith("/") && !isAllowed) {
          throw new Error(`${file} is no part of this submission`);
        }
        return null;
      },
    },
  };
}

/** vite writes all paths with slashes, and puts queries behind. */
function plainPath(id: string): string {
  return id.replace(/^file:\/\//, "").replace(/[?#].*$/, "");
}

function under(...parts: string[]): string {
  return `${join(...parts)
    .split(sep)
    .join("/")}/`;
}
