import { type ChildProcess, spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { onExit } from "../../workbook/broker/lifetime.ts";

/** How long anything may take, in milliseconds. */
const PATIENCE = 60_000;

interface Awaited {
  readonly pattern: RegExp;
  readonly resolve: (time: number) => void;
  readonly reject: (error: Error) => void;
}

/** A program with all that it starts, and what it prints. */
export class Program {
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<Awaited>();
  #output = "";
  #hasEnded = false;

  constructor(
    private readonly words: readonly [command: string, ...args: string[]],
    cwd: string,
    env: NodeJS.ProcessEnv,
  ) {
    const [command, ...args] = words;
    // In a group of its own, so that what it starts can be ended with it.
    this.#child = spawn(command, args, { cwd, env, detached: true });
    this.#child.stdin?.on("error", () => {});
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    }
    const unregister = onExit(
      () => this.end(),
      () => this.#kill("SIGKILL"),
    );
    this.ended = new Promise((resolve) => {
      this.#child.on("error", () => resolve(null)).on("close", resolve);
    });
    void this.ended.then(() => {
      this.#hasEnded = true;
      unregister();
      for (const { reject } of this.#waiting) reject(this.#problem("ended"));
    });
  }

  /** Look only at what is printed from now on. */
  clear(): void {
    this.#output = "";
  }

  /** Resolves with the time at which such text was there. */
  shows(pattern: RegExp): Promise<number> {
    return this.#within(PATIENCE, `did not show ${pattern}`, (resolve, reject) => {
      const awaited = { pattern, resolve, reject };
      this.#waiting.add(awaited);
      if (this.#hasEnded) reject(this.#problem("ended"));
      else this.#look();
      return () => this.#waiting.delete(awaited);
    });
  }

  /** Resolves when it has ended well. */
  async succeeds(patience = PATIENCE): Promise<void> {
    const code = await this.#within<number | null>(patience, "did not end", (resolve) => {
      void this.ended.then(resolve);
      return () => {};
    });
    if (code !== 0) throw this.#problem("failed");
  }

  async end(): Promise<void> {
    if (this.#hasEnded) return;
    this.#kill("SIGTERM");
    const impatience = setTimeout(() => this.#kill("SIGKILL"), 4000);
    await this.ended;
    clearTimeout(impatience);
  }

  #hear(text: string): void {
    this.#output += text;
    this.#look();
  }

  #look(): void {
    const time = performance.now();
    const output = stripVTControlCharacters(this.#output);
    for (const { pattern, resolve } of this.#waiting) {
      if (pattern.test(output)) resolve(time);
    }
  }

  async #within<T>(
    patience: number,
    what: string,
    begin: (resolve: (value: T) => void, reject: (error: Error) => void) => () => void,
  ): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    let stop = () => {};
    try {
      return await new Promise<T>((resolve, reject) => {
        const late = () => reject(this.#problem(`${what} within ${patience / 1000} s`));
        timer = setTimeout(late, patience);
        stop = begin(resolve, reject);
      });
    } finally {
      clearTimeout(timer);
      stop();
    }
  }

  #problem(what: string): Error {
    const output = stripVTControlCharacters(this.#output).slice(-3000);
    return new Error(`${this.words.join(" ")} ${what}. It printed:\n${output}`);
  }

  #kill(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}
