import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Check, Comparison, Conditions, Reply, Report, Request, Task } from "./contract.ts";

const program = fileURLToPath(new URL("worker.ts", import.meta.url));

/** An answer that hoards memory meets the end of it soon, in megabytes. */
const HEAP = 512;

/** How processes with answers are started. */
export interface Starter {
  /** Flags of Node: how TypeScript is read, and what is held back. */
  readonly execArgv: readonly string[];
}

/** Reads TypeScript as scripts do. */
export const plainStart: Starter = {
  execArgv: ["--import", "tsx", `--max-old-space-size=${HEAP}`],
};

/** How much of what a process says when it fails is kept, in characters. */
const KEPT = 2000;

/**
 * A process that holds the checks of one module and runs them on answers. It is started before it is
 * needed, and ends with whoever started it.
 */
export class CheckProcess {
  readonly #child: ChildProcess;
  readonly #waiting: ((reply: Reply | undefined) => void)[] = [];
  readonly #gone: Promise<unknown>;
  #lastWords = "";
  /** The checks of the module, in order; `undefined` when the process ended before it was ready. */
  readonly ready: Promise<readonly Check[] | undefined>;

  /**
   * @param module the module's name
   * @param conditions may come later: loading takes its time anyway
   */
  constructor(module: string, conditions: Promise<Conditions>, { execArgv }: Starter) {
    this.#child = spawn(process.execPath, [...execArgv, program, module], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      windowsHide: true,
    });
    this.#gone = once(this.#child, "exit").catch(() => {});
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-KEPT);
    });
    this.#child.on("message", (reply: Reply) => this.#waiting.shift()?.(reply));
    const end = () => {
      for (const hear of this.#waiting.splice(0)) hear(undefined);
    };
    this.#child.on("exit", end).on("error", end);
    // Only an answer would do that: nothing more can be heard of it.
    this.#child.on("disconnect", () => this.#child.kill("SIGKILL"));
    this.ready = this.#prepare(conditions).then((reply) =>
      reply?.kind === "ready" ? reply.checks : undefined,
    );
    // Whoever waits for it hears of it.
    this.ready.catch(() => {});
  }

  /** What it said when it failed. */
  get lastWords(): string {
    return this.#lastWords;
  }

  /** Whether it can still be asked. */
  get lives(): boolean {
    return this.#child.connected && this.#child.exitCode === null;
  }

  /** @returns `undefined` when the process ended meanwhile */
  async run(task: Task): Promise<Report | undefined> {
    await this.ready;
    // An answer may have seen to it that nobody there hears of the task, or of the end of it.
    const impatience = setTimeout(() => void this.kill(), PATIENCE);
    const reply = await this.#ask({ kind: "task", task });
    clearTimeout(impatience);
    return reply?.kind === "report" ? reply.report : undefined;
  }

  /**
   * Have it warm up for its first task.
   *
   * @param imports what the answers will import, as absolute paths
   */
  async rehearse(imports: readonly string[]): Promise<void> {
    await this.ready;
    await this.#ask({ kind: "rehearse", imports });
  }

  /** How a file differs from another one; `undefined` when the process ended meanwhile. */
  async compare(file: string, other: string): Promise<Comparison | undefined> {
    const reply = await this.#ask({ kind: "compare", file, with: other });
    return reply?.kind === "compared" ? reply : undefined;
  }

  /** End what was made for the answers, and then the process. */
  async leave(): Promise<void> {
    await Promise.race([this.#ask({ kind: "leave" }), patience(LEAVING)]);
    await this.kill();
  }

  /** End it at once. Resolves when it has ended. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
      if (this.#child.pid !== undefined) await this.#gone;
    }
  }

  async #prepare(conditions: Promise<Conditions>): Promise<Reply | undefined> {
    return this.#ask({ kind: "conditions", conditions: await conditions });
  }

  #ask(request: Request): Promise<Reply | undefined> {
    if (!this.lives) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.send(request, (error) => {
        if (error) this.#child.kill("SIGKILL");
      });
    });
  }
}

/** Behind all that bounds a check, in milliseconds. */
const PATIENCE = 60_000;

/** How long answers may take to put away what was made for them, in milliseconds. */
const LEAVING = 5000;

function patience(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
