import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import type { Diagnostic } from "typescript/unstable/async";
import type { UpdateSnapshotParams, UpdateSnapshotResponse } from "typescript/unstable/proto";
import { listModules, type Module, root } from "../modules.ts";

export interface TypeProblem {
  /** Relative to the project, with slashes. */
  readonly file: string;
  readonly line: number;
  readonly message: string;
  /** The file is no TypeScript at all, so that nothing in it can run. */
  readonly syntax: boolean;
}

/** Whether a module's exercise is no TypeScript: its checks cannot have judged anything. */
export function isUnreadable({ exercise }: Module, problems: readonly TypeProblem[]): boolean {
  return problems.some(({ file, syntax }) => syntax && file === exercise);
}

/** A compiler that stays alive: the second question about a file costs milliseconds. */
export interface TypeChecker {
  /**
   * The compiler's errors in these files of the project as they are on disk now, in order. Never rejects.
   *
   * @param files relative to the project, with slashes
   */
  problems(files: readonly string[]): Promise<TypeProblem[]>;
  /** Start the compiler, and let it read what every exercise needs: the first question is quick then. */
  warm(): void;
  /** End the compiler, whatever it does. What it was asked has no problems then. */
  close(): Promise<void>;
}

/** Nothing is started before the first question, and nothing keeps this process alive between two. */
export function openTypeChecker(): TypeChecker {
  return new Checker();
}

class Checker implements TypeChecker {
  #compiler: Compiler | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  problems(files: readonly string[]): Promise<TypeProblem[]> {
    // Where not even a file can be written there is nothing to say.
    const answer = this.#turn.then(() => this.#answer(files)).catch(() => []);
    this.#turn = answer;
    return answer;
  }

  warm(): void {
    const [first] = listModules();
    if (first) this.problems([first.exercise]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#compiler?.end();
    await this.#turn;
    // It may have been about to start.
    await this.#compiler?.end();
  }

  async #answer(files: readonly string[]): Promise<TypeProblem[]> {
    const existing = files.filter((file) => existsSync(join(root, file)));
    if (this.#closed || existing.length === 0) return [];
    try {
      this.#compiler ??= await startCompiler();
      return this.#closed ? [] : await this.#compiler.problems(existing);
    } catch {
      await this.#compiler?.end();
      this.#compiler = undefined;
    }
    const found: TypeProblem[] = [];
    for (const file of existing) {
      if (this.#closed) return [];
      found.push(...(await askCommand(file)));
    }
    return found;
  }
}

/** After this long the compiler is taken to hang. */
const patienceMs = 10_000;

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** @throws where TypeScript is not installed as we know it */
async function startCompiler(): Promise<Compiler> {
  const finder = pathToFileURL(join(root, "node_modules/typescript/lib/getExePath.js")).href;
  const { default: find }: { default(): string } = await import(finder);
  return new Compiler(find());
}

/**
 * TypeScript's compiler as a process that answers questions, in JSON-RPC: what `typescript/unstable/async`
 * starts. That client is not used because it neither tells when its process has ended nor lets it be
 * ended for certain, and where the process ends early, ours would die of a rejection that none can catch.
 *
 * The process ends by itself as soon as its input does, in the middle of its work too: it cannot outlive
 * ours, however that ends.
 */
class Compiler {
  readonly #child: Child;
  readonly #ended: Promise<unknown>;
  readonly #messages: AsyncGenerator<Message>;
  #id = 0;
  #snapshot: number | undefined;
  /** The files that it has read, apart from packages, and how they were then. */
  readonly #read = new Map<string, string>();
  /** The files with an import that leads nowhere. */
  readonly #lacking = new Set<string>();

  constructor(program: string) {
    this.#child = spawn(program, ["--api", "--async", "--cwd", root], {
      stdio: ["pipe", "pipe", "ignore"],
      windowsHide: true,
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once("close", resolve).once("error", resolve);
    });
    // Whoever asks hears of it: there is no answer.
    this.#child.stdin.on("error", () => {});
    this.#messages = readMessages(this.#child.stdout);
  }

  /** @throws when there is no answer, and there will be none any more */
  async problems(files: readonly string[]): Promise<TypeProblem[]> {
    this.#keepUsAlive(true);
    try {
      if (this.#id === 0) await this.#ask("initialize", null);
      return await this.#problems(files);
    } finally {
      this.#keepUsAlive(false);
    }
  }

  async end(): Promise<void> {
    this.#keepUsAlive(true);
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async #problems(files: readonly string[]): Promise<TypeProblem[]> {
    const asked = files.map((file) => ({
      file,
      path: slashes(join(root, file)),
      project: projectOf(file),
    }));
    const paths = asked.map(({ path }) => path);
    const params: UpdateSnapshotParams = {
      openProjects: asked.map(({ project }) => project),
      fileChanges: {
        changed: [...new Set([...paths, ...this.#changed()])],
        // A file is only asked anew where its imports lead when it is new.
        created: paths.filter((path) => this.#lacking.has(path)),
      },
    };
    const update = await this.#ask<UpdateSnapshotResponse>("updateSnapshot", params);
    if (this.#snapshot !== undefined) await this.#ask("release", { snapshot: this.#snapshot });
    this.#snapshot = update.snapshot;

    const found: TypeProblem[] = [];
    for (const { file, path, project } of asked) {
      const { id } = update.projects.find((each) => isSame(each.configFileName, project)) ?? {};
      const where = { snapshot: update.snapshot, project: id };
      const about = { ...where, file: path };
      const unreadable = await this.#ask<Diagnostic[] | null>("getSyntacticDiagnostics", about);
      const diagnostics = unreadable?.length
        ? unreadable
        : ((await this.#ask<Diagnostic[] | null>("getSemanticDiagnostics", about)) ?? []);
      found.push(...problemsOf(file, diagnostics));
      if (diagnostics.some(({ text }) => text.startsWith("Cannot find module"))) {
        this.#lacking.add(path);
      } else {
        this.#lacking.delete(path);
      }
      for (const name of await this.#ask<string[]>("getSourceFileNames", where)) {
        if (!/\/node_modules\/|^bundled:/.test(name) && !this.#read.has(name)) {
          this.#read.set(name, stateOf(name));
        }
      }
    }
    return found;
  }

  /** What is not as it was read: it reads nothing anew of which it is not told. */
  #changed(): string[] {
    return [...this.#read].flatMap(([name, before]) => {
      const now = stateOf(name);
      this.#read.set(name, now);
      return now === before ? [] : [name];
    });
  }

  /** One question at a time. */
  async #ask<Answer>(method: string, params: unknown): Promise<Answer> {
    this.#id += 1;
    const text = JSON.stringify({ jsonrpc: "2.0", id: this.#id, method, params });
    const impatience = setTimeout(() => this.#child.kill("SIGKILL"), patienceMs);
    try {
      this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
      for (;;) {
        const { done, value } = await this.#messages.next();
        if (done) throw new Error("the compiler has ended");
        if (value.id !== this.#id) continue;
        if (value.error) throw new Error(value.error.message);
        return value.result as Answer;
      }
    } finally {
      clearTimeout(impatience);
    }
  }

  #keepUsAlive(yes: boolean): void {
    const { stdin, stdout } = this.#child;
    for (const each of [this.#child, stdin as Socket, stdout as Socket]) {
      if (yes) each.ref();
      else each.unref();
    }
  }
}

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

async function* readMessages(stream: Readable): AsyncGenerator<Message> {
  let bytes: Buffer = Buffer.alloc(0);
  for await (const piece of stream) {
    bytes = Buffer.concat([bytes, piece]);
    for (;;) {
      const end = bytes.indexOf("\r\n\r\n");
      if (end === -1) break;
      const from = end + 4;
      const length = /Content-Length: (\d+)/i.exec(bytes.toString("latin1", 0, end))?.[1];
      const to = from + Number(length);
      if (bytes.length < to) break;
      yield JSON.parse(bytes.toString("utf8", from, to));
      bytes = bytes.subarray(to);
    }
  }
}

/** Ask the command `tsc`, which is slower, and is documented. */
async function askCommand(file: string): Promise<TypeProblem[]> {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const output = await new Promise<string>((resolve) => {
    // One thread: the checks run at the same time, and they are what the learner waits for.
    const words = [compiler, "--project", projectOf(file), "--pretty", "false", "--singleThreaded"];
    execFile(process.execPath, words, { cwd: root }, (_error, stdout) => resolve(stdout));
  });
  return output.split("\n").flatMap((text) => {
    const [, where, line, code, message = ""] =
      text.match(/^(.+?)\((\d+),\d+\): error TS(\d+): (.+?)\r?$/) ?? [];
    if (where !== file) return [];
    return [{ file, line: Number(line), message, syntax: isSyntax(Number(code)) }];
  });
}

function problemsOf(file: string, diagnostics: readonly Diagnostic[]): TypeProblem[] {
  if (diagnostics.length === 0) return [];
  // The compiler counts without a byte order mark.
  const source = readFileSync(join(root, file), "utf8").replace(/^\uFEFF/, "");
  return diagnostics.map(({ pos, code, text }) => ({
    file,
    line: source.slice(0, pos).split(/\r\n|[\n\r\u2028\u2029]/).length,
    message: text.split("\n", 1)[0] ?? "",
    syntax: isSyntax(code),
  }));
}

/** The compiler numbers its syntax errors from 1000 to 1999. */
function isSyntax(code: number): boolean {
  return code >= 1000 && code < 2000;
}

/**
 * A project with this file and what it imports, and nothing else: it need not be one of those that
 * `tsconfig.json` knows, and nobody waits for the others.
 */
function projectOf(file: string): string {
  const project = join(root, ".workbook/types", `${file}.json`);
  const text = JSON.stringify({
    extends: slashes(join(root, "tsconfig.json")),
    files: [slashes(join(root, file))],
    include: [],
  });
  if (!existsSync(project) || readFileSync(project, "utf8") !== text) {
    const fresh = `${project}.${process.pid}`;
    mkdirSync(dirname(project), { recursive: true });
    writeFileSync(fresh, text);
    // In one step, so that nobody ever reads half of it.
    renameSync(fresh, project);
  }
  return slashes(project);
}

function stateOf(path: string): string {
  const { mtimeMs, size } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return `${mtimeMs} ${size}`;
}

function slashes(path: string): string {
  return path.replaceAll("\\", "/");
}

/** Windows and macOS may spell a path in other cases. */
function isSame(path: string, other: string): boolean {
  return path.toLowerCase() === other.toLowerCase();
}
