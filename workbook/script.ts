import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Broker } from "./broker/broker.ts";
import { chooseBroker } from "./broker/choose.ts";
import { onExit } from "./broker/lifetime.ts";
import { paint } from "./paint.ts";
import { drawEnding, type Ending, exitCodeOf } from "./script-ending.ts";
import { countBytes, drawDiagram } from "./wire/diagram.ts";
import type { Faults } from "./wire/faults.ts";
import { openTap, type Tap } from "./wire/tap.ts";

/** What a module's `main` gets to show itself with. */
export interface Demo {
  /** Connect here: the wire tap, and behind it the broker. */
  readonly brokerUrl: string;
  /** What shall happen to which packet on the way: drop it, hold it, cut the line. */
  readonly faults: Faults;
  /** Draw all that crossed the wire since the last drawing, under this title. */
  showWire(title: string): void;
}

/**
 * How long nothing crosses the wire before a line says that `main` is not done, in milliseconds. It
 * judges nothing: `main` goes on, and goes on waiting.
 */
const SILENCE = 10_000;

/**
 * Runs a module's `main` when its file is the one that was started, with a broker and the wire tap.
 * Does nothing when the file is only imported. However it ends, the last lines say why: it threw, here
 * or in a callback; it called `process.exit`; it waits, and nothing is left that it could wait for; or
 * Ctrl-C ended its waiting. Sets the exit code: 1 for an error or a function still to be written, 3 when
 * the environment is broken, and as the shell does after a signal.
 *
 * @param moduleUrl `import.meta.url` of the file
 */
export async function runScript(
  moduleUrl: string,
  main: (demo: Demo) => Promise<void>,
): Promise<void> {
  const file = fileURLToPath(moduleUrl);
  if (resolve(process.argv[1] ?? "") !== file) return;
  const script = new Script(file);
  let code: number;
  try {
    await script.open();
    await main(script.demo());
    code = 0;
  } catch (error) {
    code = script.tell({ how: "thrown", error });
  }
  await script.close();
  // What the script left open must not keep it from ending.
  script.leave(code);
}

/** One run of a script, from its broker to its last line. */
class Script {
  #broker: Broker | undefined;
  #tap: Tap | undefined;
  /** How many entries of the wire were drawn. */
  #drawn = 0;
  /** The last lines are printed. */
  #told = false;
  readonly #exit = process.exit.bind(process);

  constructor(private readonly file: string) {
    // Called by an answer, it is told; called after that, by a signal's handler, it is meant.
    process.exit = (code) =>
      this.leave(
        this.#told ? Number(code ?? 0) : this.tell({ how: "exited", code, at: new Error() }),
      );
    process.once("uncaughtException", async (error) => {
      const code = this.tell({ how: "thrown", error });
      await this.close();
      this.leave(code);
    });
    let idle = false;
    process.once("beforeExit", () => {
      idle = true;
    });
    onExit(async () => {
      const code = this.tell({ how: idle ? "idle" : "stopped" });
      await this.close();
      if (idle) this.leave(code);
    });
  }

  async open(): Promise<void> {
    const { broker, passedOver } = await chooseBroker("script");
    this.#broker = broker;
    for (const reason of passedOver) console.log(paint.dim(`Note: ${reason}.`));
    console.log(paint.dim(`Broker: ${broker.name}`));
    this.#tap = await openTap(broker.url);
    this.#tap.unref();
    const silence = setTimeout(() => {
      const seconds = SILENCE / 1000;
      console.log(`\nNothing has crossed the wire for ${seconds} s, and main is not done.`);
      console.log("Ctrl-C ends it, and says what it waits for.");
    }, SILENCE);
    silence.unref();
    this.#tap.transcript.onEntry(() => silence.refresh());
  }

  demo(): Demo {
    if (this.#tap === undefined) throw new Error("the script is not open");
    const { url, transcript, faults } = this.#tap;
    return {
      brokerUrl: url,
      faults,
      showWire: (title) => {
        const entries = transcript.entries.slice(this.#from());
        this.#drawn = transcript.forgotten + transcript.entries.length;
        console.log(`\n${paint.bold(title)}\n`);
        console.log(drawDiagram(entries, process.stdout.columns ?? 0));
        console.log(`\n${paint.dim(countBytes(entries))}`);
      },
    };
  }

  /** The first entry of the wire that was not drawn. */
  #from(): number {
    return Math.max(0, this.#drawn - (this.#tap?.transcript.forgotten ?? 0));
  }

  /** Say how it ended; only the first time, all else follows from that. Returns the exit code. */
  tell(ending: Ending): number {
    if (!this.#told) {
      this.#told = true;
      const entries = this.#tap?.transcript.entries ?? [];
      console.error(`\n${drawEnding(ending, this.file, entries, this.#from())}`);
    }
    return exitCodeOf(ending);
  }

  async close(): Promise<void> {
    await this.#tap?.close();
    await this.#broker?.stop();
  }

  leave(code: number): never {
    return this.#exit(code);
  }
}
