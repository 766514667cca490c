import { relative, resolve } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { fileURLToPath } from "node:url";
import { chooseBroker } from "./broker/choose.ts";
import { startMosquitto } from "./broker/mosquitto.ts";
import type { Mosquitto, MosquittoSetup } from "./broker/mosquitto-setup.ts";
import { EnvironmentProblem } from "./environment-problem.ts";
import { paint } from "./paint.ts";
import type { Outcome, Target } from "./security/attacks.ts";
import type { Certificates } from "./security/certificate-folder.ts";
import { Todo } from "./todo.ts";
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
 * Runs a module's `main` when its file is the one that was started, with a broker and the wire tap.
 * Does nothing when the file is only imported. Sets the exit code: 1 for an error or a function still
 * to be written, 3 when the environment is broken.
 *
 * @param moduleUrl `import.meta.url` of the file
 */
export async function runScript(
  moduleUrl: string,
  main: (demo: Demo) => Promise<void>,
): Promise<void> {
  await runFile(moduleUrl, () => runWithBroker(main));
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
  await runFile(moduleUrl, async () => {
    const ends: (() => Promise<void>)[] = [];
    try {
      await main({
        start: async (setup) => {
          const broker = await startMosquitto(setup);
          ends.push(() => broker.stop());
          console.log(paint.dim(`Broker: ${broker.name}`));
          return broker;
        },
        tapTls: async (broker, listener, tls) => {
          const url = `mqtts://127.0.0.1:${broker.ports.get(listener)}`;
          const tap = await openTap(url, 0, tls);
          ends.push(() => tap.close());
          return demoOn(tap);
        },
        // Loaded only where a script runs: a check has no use for them.
        certificates: async (clients) => {
          const { keepCertificates } = await import("./security/certificate-folder.ts");
          return keepCertificates(clients);
        },
        attack: async (target) => {
          const { attackAll } = await import("./security/attacks.ts");
          return attackAll(target);
        },
      });
      return 0;
    } finally {
      for (const end of ends.reverse()) await end();
    }
  });
}

/** Runs a file when it is the one that was started, and ends with its exit code. */
async function runFile(moduleUrl: string, run: () => Promise<number>): Promise<void> {
  const file = fileURLToPath(moduleUrl);
  if (resolve(process.argv[1] ?? "") !== file) return;
  try {
    process.exitCode = await run();
  } catch (error) {
    process.exitCode = report(error, file);
  }
  // What the script left open must not keep it from ending.
  process.exit();
}

async function runWithBroker(main: (demo: Demo) => Promise<void>): Promise<number> {
  const { broker, passedOver } = await chooseBroker("script");
  for (const reason of passedOver) console.log(paint.dim(`Note: ${reason}.`));
  console.log(paint.dim(`Broker: ${broker.name}`));
  let tap: Tap | undefined;
  try {
    tap = await openTap(broker.url);
    await main(demoOn(tap));
    return 0;
  } finally {
    await tap?.close();
    await broker.stop();
  }
}

function demoOn({ url, transcript, faults }: Tap): Demo {
  let shown = 0;
  return {
    brokerUrl: url,
    faults,
    showWire: (title) => {
      const { entries: held, forgotten } = transcript;
      const entries = held.slice(Math.max(0, shown - forgotten));
      shown = forgotten + held.length;
      console.log(`\n${paint.bold(title)}\n`);
      console.log(drawDiagram(entries, process.stdout.columns ?? 0));
      console.log(`\n${paint.dim(countBytes(entries))}`);
    },
  };
}

/** Says what ended the script, in as few lines as will do. Returns the exit code. */
function report(error: unknown, file: string): number {
  const name = relative(process.cwd(), file);
  if (error instanceof Todo) {
    console.error(`\nTo do: ${error.message}: ${lineIn(error, file, name)}`);
    console.error(`Next:  write it, then run  npx tsx ${name}`);
    return 1;
  }
  if (error instanceof EnvironmentProblem) {
    console.error(`\nEnvironment: ${error.message}.`);
    console.error(`Next:        ${error.next}`);
    return 3;
  }
  console.error(
    `\nError: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return 1;
}

/** Where in the file the error was thrown, as `file:line`. */
function lineIn(error: Error, file: string, name: string): string {
  const line = error.stack?.split("\n").find((frame) => frame.includes(file));
  const number = line?.match(/:(\d+):\d+\)?$/)?.[1];
  return number === undefined ? name : `${name}:${number}`;
}
