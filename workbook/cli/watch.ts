import { type FSWatcher, watch } from "chokidar";
import type { Runner } from "../checks/runner.ts";
import { type Module, root } from "../modules.ts";
import { paint } from "../paint.ts";
import { exerciseText } from "../stub.ts";
import { type Demo, startDemo } from "./demo.ts";
import { type Keyboard, openKeyboard } from "./keyboard.ts";
import type { Learner } from "./learner.ts";
import type { Verdicts } from "./verdicts.ts";

const keys = "Save to check, or press: h hint, d demo, w wire, n next, l list, q quit";

interface Watching {
  readonly modules: readonly Module[];
  /** Those of which something is still to be found out. */
  readonly open: readonly Module[];
  readonly verdicts: Verdicts;
  readonly learner: Learner;
  readonly runner: Runner;
}

/** Until the learner quits: check a module when its exercise is saved, and do what the keys ask for. */
export async function watchExercises(watching: Watching): Promise<void> {
  const watch = new Watch(watching);
  try {
    await watch.over;
  } finally {
    await watch.close();
  }
}

class Watch {
  /** Resolves when the learner quits, rejects when something goes wrong that nobody foresaw. */
  readonly over: Promise<void>;
  #end: () => void = () => {};
  #fail: (error: unknown) => void = () => {};
  #ending = false;
  /** What is done is done in turn, so that no two print at once. */
  #turn: Promise<void> = Promise.resolve();
  readonly #saved = new Set<Module>();
  /** What is to be checked while nothing else is. */
  readonly #open: Set<Module>;
  /** The check that runs, to be given up when its exercise is saved again. */
  #running: AbortController | undefined;
  #demo: Demo | undefined;
  #digits = "";
  readonly #keyboard: Keyboard;
  readonly #files: FSWatcher;

  constructor(private readonly watching: Watching) {
    const { modules, open } = watching;
    this.#open = new Set(open);
    this.over = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.#keyboard = openKeyboard(
      (key) => this.#press(key),
      () => this.#quit(),
    );
    this.#files = watch(
      modules.map(({ exercise }) => exercise),
      {
        cwd: root,
        ignoreInitial: true,
        awaitWriteFinish: { stabilityThreshold: 30, pollInterval: 10 },
      },
    ).on("all", (event, path) => this.#changed(event, path.replaceAll("\\", "/")));
    say(this.#open.size > 0 ? paint.dim("Checking meanwhile whether that still holds.") : "");
    void this.#checkBehind().catch(this.#fail);
  }

  async close(): Promise<void> {
    this.#ending = true;
    this.#running?.abort();
    this.#keyboard.close();
    await this.#files.close();
    await this.#turn;
  }

  #take(turn: () => void | Promise<void>): void {
    this.#turn = this.#turn.then(() => (this.#ending ? undefined : turn())).catch(this.#fail);
  }

  #changed(event: string, path: string): void {
    const module = this.watching.modules.find(({ exercise }) => exercise === path);
    if (module === undefined) return;
    if (event === "unlink") {
      this.#take(() => say(`${path} was deleted.\nNext: git restore ${path}`));
      return;
    }
    // Some editors empty a file before they write it: what was saved comes with the next event.
    if (exerciseText(module) === "") return;
    this.#saved.add(module);
    this.#running?.abort();
    this.#take(() => this.#check());
  }

  async #check(): Promise<void> {
    const modules = [...this.#saved];
    if (modules.length === 0) return;
    this.#saved.clear();
    const { learner, verdicts } = this.watching;
    const names = modules.map(({ number }) => number).join(", ");
    const time = new Date().toTimeString().slice(0, 8);
    console.log(paint.dim(`\n${time} saved, checking module ${names}`));
    for (const module of modules) learner.follow(module);
    const running = new AbortController();
    this.#running = running;
    let isTold = false;
    const all = modules.map((module) => {
      this.#open.delete(module);
      const first = learner.functionIn(module);
      return verdicts.check(module, {
        first,
        signal: running.signal,
        onFunction: (state) => {
          if (isTold || state.functionName !== first) return;
          isTold = true;
          console.log(`\n${learner.firstVerdict(module, state)}`);
          // While the rest is checked, and while this is read.
          this.#prepare();
        },
      });
    });
    const done = await Promise.all(all);
    this.#running = undefined;
    if (done.includes(false)) {
      // The save that took its place follows, and says the rest.
      for (const module of modules) this.#saved.add(module);
      return;
    }
    say(learner.verdict(isTold));
    this.#prepare();
    void this.#checkBehind().catch(this.#fail);
  }

  /** Find out what is left to find out, the module where the learner is first, as long as nothing is saved. */
  async #checkBehind(): Promise<void> {
    const { learner, verdicts } = this.watching;
    if (this.#open.size === 0 || this.#running) return;
    const running = new AbortController();
    this.#running = running;
    const before = learner.overview();
    const first = this.#open.has(learner.module) ? [learner.module] : [];
    for (const module of new Set([...first, ...this.#open])) {
      if (running.signal.aborted) break;
      if (await verdicts.check(module, { signal: running.signal })) this.#open.delete(module);
    }
    if (this.#running === running) this.#running = undefined;
    if (running.signal.aborted) return;
    const after = learner.overview();
    this.#take(() => say(after === before ? "Checked: all is as it was." : after));
    this.#prepare();
  }

  /** What the learner will save next is checked by processes that are ready. */
  #prepare(): void {
    const { learner, runner } = this.watching;
    if (this.#ending) return;
    runner.cool([learner.module.name]);
    runner.warm(learner.module.name);
  }

  #press(key: string): void {
    const quits = ["q", "ctrl-c", "ctrl-d"].includes(key);
    if (this.#demo) {
      if (quits) this.#demo.stop();
    } else if (quits) {
      this.#quit();
    } else if (/^\d$/.test(key)) {
      this.#digits += key;
      process.stdout.write(key);
    } else {
      const number = this.#digits;
      this.#digits = "";
      if (number !== "") console.log();
      this.#take(() => this.#answer(key, number));
    }
  }

  #quit(): void {
    this.#ending = true;
    this.#demo?.stop();
    this.#running?.abort();
    this.#end();
  }

  async #answer(key: string, number: string): Promise<void> {
    const { learner } = this.watching;
    if (key === "return" && number !== "") say(learner.goToNumber(Number(number)));
    else if (key === "d") await this.#runDemo();
    else if (key === "h") say(learner.hint());
    else if (key === "w") say(learner.wire());
    else if (key === "n") say(learner.next());
    else if (key === "l") say(learner.list());
    else if (key === "a") say(learner.keyAnswer());
    else say("");
    this.#prepare();
  }

  async #runDemo(): Promise<void> {
    const script = this.watching.learner.module.exercise;
    console.log(paint.dim(`\nnpx tsx ${script} (press q to stop it)`));
    this.#demo = startDemo(script);
    const code = await this.#demo.ended;
    this.#demo = undefined;
    const solved = script.replace("exercises", "solutions");
    say(code === 0 ? "" : `To watch the solution's: npx tsx ${solved}`);
  }
}

/** Print something, and below it what the learner can do now. */
function say(text: string): void {
  console.log(`\n${text === "" ? "" : `${text}\n\n`}${paint.dim(keys)}`);
}
