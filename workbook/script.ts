import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { fileURLToPath } from "node:url";
import type { Broker } from "./broker/broker.ts";
import { chooseBroker } from "./broker/choose.ts";
import { startEmbedded } from "./broker/embedded.ts";
import { onExit } from "./broker/lifetime.ts";
import { startMosquitto } from "./broker/mosquitto.ts";
import type { Mosquitto, MosquittoSetup } from "./broker/mosquitto-setup.ts";
import { paint } from "./paint.ts";
import { drawEnding, type Ending, exitCodeOf } from "./script-ending.ts";
import type { Outcome, Target } from "./security/attacks.ts";
import type { Certificates } from "./security/certificate-folder.ts";
import { adviseOnTap } from "./troubles/from-tap.ts";
import { endWhenUnheard } from "./unheard.ts";
import { countBytes, drawDiagram } from "./wire/diagram.ts";
import type { Faults } from "./wire/faults.ts";
import { openTap, type Tap } from "./wire/tap.ts";
import type { Entry } from "./wire/transcript.ts";

/** What a module's `main` gets to show itself with. */
export interface Demo {
  /** Connect here: the wire tap, and behind it the broker. */
  readonly brokerUrl: string;
  /** What shall happen to which packet on the way: drop it, hold it, cut the line. */
  readonly faults: Faults;
  /** Draw all that crossed the wire since the last drawing, under this title. */
  showWire(title: string): void;
  /** Make a folder for its files. It is gone when the script has ended. */
  folder(): string;
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
  await runFile(moduleUrl, async (script) => {
    const { broker, passedOver } = await chooseBroker("script");
    for (const reason of passedOver) console.log(paint.dim(`Note: ${reason}.`));
    script.runs(broker);
    await main(await script.tap(broker.url));
  });
}

/** What a module's `main` gets that brings a configuration of its own for the broker. */
export interface Workshop {
  /** The certificates in `certificates/`, with one for each of these clients; made where there are none. */
  certificates(clients: readonly string[]): Promise<Certificates>;
  /** Start a Mosquitto with this setup. It ends with the script. */
  start(setup: MosquittoSetup): Promise<Mosquitto>;
  /**
   * A wire tap before a listener that wants TLS. Its clients speak plain MQTT to it, so that it can read
   * along, and it speaks TLS to the broker, with these certificates.
   */
  tapTls(broker: Mosquitto, listener: number, tls: ConnectionOptions): Promise<Demo>;
  /** Attack a broker that was started here in every way of the list. */
  attack(target: Target): Promise<Outcome[]>;
}

/** As `runScript`, for a module that configures its broker itself. */
export async function runBrokerScript(
  moduleUrl: string,
  main: (workshop: Workshop) => Promise<void>,
): Promise<void> {
  await runFile(moduleUrl, (script) =>
    main({
      start: async (setup) => {
        const broker = await startMosquitto(setup);
        script.runs(broker);
        return broker;
      },
      tapTls: (broker, listener, tls) =>
        script.tap(`mqtts://127.0.0.1:${broker.ports.get(listener)}`, tls),
      // Loaded only where a script runs: a check has no use for them.
      certificates: async (clients) => {
        const { keepCertificates } = await import("./security/certificate-folder.ts");
        return keepCertificates(clients);
      },
      attack: async (target) => {
        const { attackAll } = await import("./security/attacks.ts");
        return attackAll(target);
      },
    }),
  );
}

/** What a module's `main` gets that works with several brokers. */
export interface BrokersDemo {
  /** Each behind a wire tap of its own. The first is the one that all scripts use. */
  readonly brokers: readonly [Demo, Demo, Demo];
  /** A wire tap before something else that speaks MQTT. */
  tap(url: string): Promise<Demo>;
}

/** As `runScript`, with two more brokers, which are brought along. */
export async function runBrokersScript(
  moduleUrl: string,
  main: (demo: BrokersDemo) => Promise<void>,
): Promise<void> {
  await runFile(moduleUrl, async (script) => {
    const { broker, passedOver } = await chooseBroker("script");
    for (const reason of passedOver) console.log(paint.dim(`Note: ${reason}.`));
    const open = async (each: Broker) => {
      script.runs(each);
      return script.tap(each.url);
    };
    const brokers = [
      await open(broker),
      await open(await startEmbedded()),
      await open(await startEmbedded()),
    ] as const;
    await main({ brokers, tap: (url) => script.tap(url) });
  });
}

/** Runs a file when it is the one that was started, and ends with its exit code. */
async function runFile(moduleUrl: string, run: (script: Script) => Promise<void>): Promise<void> {
  const file = fileURLToPath(moduleUrl);
  if (resolve(process.argv[1] ?? "") !== file) return;
  const script = new Script(file);
  let code = 0;
  try {
    await run(script);
  } catch (error) {
    code = script.tell({ how: "thrown", error });
  }
  await script.close();
  // What the script left open must not keep it from ending.
  script.leave(code);
}

/** One run of a script, from its broker to its last line. */
class Script {
  /** What ends with the script, in the order of its start. */
  readonly #ends: (() => Promise<void>)[] = [];
  /** The wire that was opened last. */
  #wire: Wire | undefined;
  /** The last lines are printed. */
  #told = false;
  readonly #exit = process.exit.bind(process);

  constructor(private readonly file: string) {
    endWhenUnheard(this.#exit);
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

  /** Says what the script works with. */
  runs(broker: Pick<Mosquitto, "name" | "stop">): void {
    this.#ends.push(() => broker.stop());
    console.log(paint.dim(`Broker: ${broker.name}`));
  }

  /** @param tls with what the tap connects to a broker that wants TLS */
  async tap(brokerUrl: string, tls?: ConnectionOptions): Promise<Demo> {
    const tap = await openTap(brokerUrl, 0, tls).catch(adviseOnTap);
    this.#ends.push(() => tap.close());
    tap.unref();
    const silence = setTimeout(() => {
      const seconds = SILENCE / 1000;
      console.log(`\nNothing has crossed the wire for ${seconds} s, and main is not done.`);
      console.log("Ctrl-C ends it, and says what it waits for.");
    }, SILENCE);
    silence.unref();
    tap.transcript.onEntry(() => silence.refresh());
    const wire = new Wire(tap);
    this.#wire = wire;
    return {
      brokerUrl: tap.url,
      faults: tap.faults,
      showWire: (title) => {
        const entries = wire.takeNew();
        console.log(`\n${paint.bold(title)}\n`);
        console.log(drawDiagram(entries, process.stdout.columns ?? 0));
        console.log(`\n${paint.dim(countBytes(entries))}`);
      },
      folder: () => {
        const folder = mkdtempSync(join(tmpdir(), "workbook-"));
        // Last of all, because what ends before it may still write there; and after a second Ctrl-C too.
        process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
        return folder;
      },
    };
  }

  /** Say how it ended; only the first time, all else follows from that. Returns the exit code. */
  tell(ending: Ending): number {
    if (!this.#told) {
      this.#told = true;
      const { entries = [], drawn = 0 } = this.#wire ?? {};
      console.error(`\n${drawEnding(ending, this.file, entries, drawn)}`);
    }
    return exitCodeOf(ending);
  }

  async close(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }

  leave(code: number): never {
    return this.#exit(code);
  }
}

/** What crossed a tap, and how much of it has been drawn. */
class Wire {
  #drawn = 0;

  constructor(private readonly tap: Tap) {}

  get entries(): readonly Entry[] {
    return this.tap.transcript.entries;
  }

  /** How many of the entries were drawn. */
  get drawn(): number {
    return Math.max(0, this.#drawn - this.tap.transcript.forgotten);
  }

  /** The entries since the last drawing. */
  takeNew(): Entry[] {
    const entries = this.entries.slice(this.drawn);
    this.#drawn = this.tap.transcript.forgotten + this.entries.length;
    return entries;
  }
}
