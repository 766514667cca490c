import { realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Starter } from "../checks/process.ts";

/** For the heap alone; what lies outside of it is the watchdog's to limit. */
const HEAP_MEGABYTES = 512;

/** Reads a sandbox as it is: see `plain-loader.js`. */
export function plainLoader(sandbox: string): string[] {
  const loader = pathToFileURL(join(sandbox, "workbook/grade/plain-loader.js"));
  return ["--import", loader.href];
}

/**
 * What a process with a submission in it may do: read this sandbox and the packages, write nothing,
 * start no program, and import what an exercise has any use for.
 *
 * @param sandbox the folder with the checks and the submission
 */
export function confineTo(sandbox: string): Starter {
  const known = process.allowedNodeEnvironmentFlags;
  const permission = known.has("--permission") ? "--permission" : "--experimental-permission";
  const folder = realpathSync(sandbox);
  const packages = realpathSync(join(sandbox, "node_modules"));
  // In a container they lie in it. Of two such folders Node would forget the outer one.
  const readable = packages.startsWith(folder + sep) ? [folder] : [folder, packages];
  return {
    execArgv: [
      permission,
      ...readable.map((each) => `--allow-fs-read=${each}`),
      // For the loader, and for the watchdog; the seat belt of the checks takes it away from the answers.
      "--allow-worker",
      // The loader does not see what is required.
      ...(known.has("--experimental-require-module") ? ["--no-experimental-require-module"] : []),
      ...plainLoader(sandbox),
      // The places in a submission are told by the lines of its TypeScript.
      "--enable-source-maps",
      `--max-old-space-size=${HEAP_MEGABYTES}`,
    ],
  };
}
