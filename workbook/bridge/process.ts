import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Todo } from "../todo.ts";

/** What a process of the bridge is started with. */
export interface ProcessOptions {
  readonly role: "service" | "worker" | "all-in-one";
  /** The file with the answers: it exports what makes the service and the worker. */
  readonly answers: string;
  /** The SQLite file that they share. */
  readonly database: string;
  /** Where the broker is; a service has no use for it. */
  readonly brokerUrl: string;
  /** What a worker is called. */
  readonly name: string;
}

/** What such a process says to the one that has started it. */
export type Word =
  | { readonly kind: "ready"; readonly url?: string }
  | { readonly kind: "failed"; readonly error: Failure };

/** An error on its way to another process. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** The function that is not written yet, where that is all. */
  readonly todo?: string;
}

/**
 * A process of the bridge. It ends with the process that has started it. An error that ends it later is
 * thrown here too, where nobody catches it.
 */
export interface BridgeProcess {
  readonly pid: number | undefined;
  /** Resolves when it serves: a service with its URL. Rejects with the error that ended it before. */
  readonly ready: Promise<string | undefined>;
  /** Resolves when it has ended. */
  readonly gone: Promise<void>;
  /** `kill -9`: it has no time for anything. */
  kill(): void;
  /** Have it finish what it has begun. Resolves when it has ended. */
  stop(): Promise<void>;
}

/** Start a process of the bridge. Returns at once. */
export function startProcess(options: ProcessOptions): BridgeProcess {
  const program = fileURLToPath(new URL("run-process.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", program, JSON.stringify(options)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ready = readyOf(child);
  ready.catch(() => {});
  return {
    pid: child.pid,
    ready,
    gone,
    kill: () => void child.kill("SIGKILL"),
    stop: async () => {
      if (child.connected) child.send("stop");
      await gone;
    },
  };
}

function readyOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let isReady = false;
    child.on("message", (word: Word) => {
      if (word.kind === "ready") {
        isReady = true;
        resolve(word.url);
      } else if (isReady) {
        // Nobody waits for it any more, and nobody shall miss it.
        throw errorOf(word.error);
      } else reject(errorOf(word.error));
    });
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(new Error(`the process ended before it served: ${signal ?? `code ${code}`}`)),
    );
  });
}

/** The error as it was in the other process. */
function errorOf({ name, message, stack, todo }: Failure): Error {
  if (todo !== undefined) return new Todo(todo);
  return Object.assign(new Error(message), { name, stack });
}
