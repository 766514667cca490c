import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chooseBroker } from "./broker/choose.ts";
import { EnvironmentProblem } from "./environment-problem.ts";
import { paint } from "./paint.ts";
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
  const file = fileURLToPath(moduleUrl);
  if (resolve(process.argv[1] ?? "") !== file) return;
  try {
    process.exitCode = await runWithBroker(main);
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
