import { type FSWatcher, watch } from "chokidar";
import { type Module, root } from "../modules.ts";
import { paint } from "../paint.ts";
import { exerciseText } from "../stub.ts";
import { type Demo, startDemo } from "./demo.ts";
import { type Keyboard, openKeyboard } from "./keyboard.ts";
import type { Learner } from "./learner.ts";
import type { Verdicts } from "./verdicts.ts";

const keys = "Save to check, or press: h hint, d demo, w wire, n next, l list, q quit";

/** Until the learner quits: check a module when its exercise is saved, and do what the keys ask for. */
export async function watchExercises(
  modules: readonly Module[],
  verdicts: Verdicts,
  learner: Learner,
): Promise<void> {
  const watch = new Watch(modules, verdicts, learner);
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
  #checking = false;
  #demo: Demo | undefined;
  #digits = "";
  readonly #keyboard: Keyboard;
  readonly #files: FSWatcher;

  constructor(
    private readonly modules: readonly Module[],
    private readonly verdicts: Verdicts,
    private readonly learner: Learner,
  ) {
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
    say("");
  }

  async close(): Promise<void> {
    this.#ending = true;
    this.#keyboard.close();
    await this.#files.close();
    await this.#turn;
  }

  #take(turn: () => void | Promise<void>): void {
    this.#turn = this.#turn.then(() => (this.#ending ? undefined : turn())).catch(this.#fail);
  }

  #changed(event: string, path: string): void {
    const module = this.modules.find(({ exercise }) => exercise === path);
    if (module === undefined) return;
    if (event === "unlink") {
      this.#take(() => say(`${path} was deleted.\nNext: git restore ${path}`));
      return;
    }
    // Some editors empty a file before they write it: what was saved comes with the next event.
    if (exerciseText(module) === "") return;
    this.verdicts.changed(module);
    this.#saved.add(module);
    this.#take(() => this.#check());
  }

  async #check(): Promise<void> {
    const modules = [...this.#saved];
    if (modules.length === 0) return;
    this.#saved.clear();
    const names = modules.map(({ number }) => number).join(", ");
    const time = new Date().toTimeString().slice(0, 8);
    console.log(paint.dim(`\n${time} saved, checking module ${names}`));
    for (const module of modules) this.learner.follow(module);
    this.#checking = true;
    await this.verdicts.check(modules);
    this.#checking = false;
    say(this.learner.verdict());
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
    if (this.#checking) console.log("\nEnding with the check that is running.");
    this.#end();
  }

  #answer(key: string, number: string): void | Promise<void> {
    if (key === "return" && number !== "") return say(this.learner.goToNumber(Number(number)));
    if (key === "d") return this.#runDemo();
    if (key === "h") return say(this.learner.hint());
    if (key === "w") return say(this.learner.wire());
    if (key === "n") return say(this.learner.next());
    if (key === "l") return say(this.learner.list());
    if (key === "a") return say(this.learner.keyAnswer());
    return say("");
  }

  async #runDemo(): Promise<void> {
    const { script } = this.learner;
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
