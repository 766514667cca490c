import { spawn } from "node:child_process";
import { once } from "node:events";
import { root } from "../modules.ts";

/** A module's script, running as the learner would run it by hand. */
export interface Demo {
  /** Resolves with its exit code; `undefined` when it was stopped. */
  readonly ended: Promise<number | undefined>;
  stop(): void;
}

/** @param file the script, e.g. `exercises/01-basic-pubsub.ts` */
export function startDemo(file: string): Demo {
  const child = spawn(process.execPath, ["--import", "tsx", file], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return {
    ended: once(child, "exit").then(([code]) => code ?? undefined),
    // The script cleans up after itself, as on Ctrl-C.
    stop: () => child.kill("SIGTERM"),
  };
}
