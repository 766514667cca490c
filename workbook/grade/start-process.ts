import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { plainLoader } from "./confinement.ts";

/** Something that runs `marker.ts` in a sandbox. */
export interface Marker {
  readonly input: NodeJS.WritableStream;
  readonly output: Readable;
  /** Resolves when it and its output have ended. Never rejects. */
  readonly ended: Promise<unknown>;
  /** Ends it at once, with all that it has started. May be called more than once. */
  kill(): void;
}

/** Not everything: what is in the environment of whoever grades is no business of a submission. */
const inherited = ["PATH", "LANG", "TZ", "SystemRoot"];

/** A process for one submission, in a group of its own. */
export function startProcess(folder: string, prefix: string): Marker {
  const tmp = join(folder, "tmp");
  const child = spawn(process.execPath, [...plainLoader(folder), "workbook/grade/marker.ts"], {
    cwd: folder,
    // So that what is sent to its group, by us or by the submission, stays in it.
    detached: process.platform !== "win32",
    windowsHide: true,
    stdio: ["pipe", "pipe", "ignore"],
    env: {
      ...Object.fromEntries(inherited.map((name) => [name, process.env[name]])),
      TMPDIR: tmp,
      TEMP: tmp,
      TMP: tmp,
      NO_COLOR: "1",
      WORKBOOK_PREFIX: prefix,
    },
  });
  child.on("error", () => {});
  return {
    input: child.stdin,
    output: child.stdout,
    ended: once(child, "close").catch(() => {}),
    kill: () => {
      if (child.pid === undefined) return;
      try {
        if (process.platform === "win32") child.kill();
        else process.kill(-child.pid, "SIGKILL");
      } catch {
        // Nobody of the group is left.
      }
    },
  };
}
