import { parseArgs } from "node:util";
import type { Broker } from "../broker/broker.ts";
import { chooseBroker, inWords } from "../broker/choose.ts";
import { onExit } from "../broker/lifetime.ts";
import { probeBroker } from "../broker/probe.ts";
import { EnvironmentProblem } from "../environment-problem.ts";
import { adviseOnTap } from "../troubles/from-tap.ts";
import { UsageError } from "../usage-error.ts";
import { shortName, widthOf } from "../wire/columns.ts";
import { countBytes, describeCounts, listEntry } from "../wire/diagram.ts";
import {
  type FaultPlay,
  type FaultStep,
  faultGrammar,
  parseFaults,
  playSteps,
} from "../wire/fault-script.ts";
import { drawMermaid } from "../wire/mermaid.ts";
import { toJsonLine } from "../wire/packet-json.ts";
import { openTap, type Tap, withoutPassword } from "../wire/tap.ts";
import type { Entry } from "../wire/transcript.ts";
import { exitCodes, runCommand } from "./usage.ts";

const help = `npm run tap -- [options]

Shows what your program and a broker say to each other. Let the program connect to the tap instead of to
the broker: each packet is passed on, byte for byte, and printed as it crosses. Ctrl-C ends it.

  --broker mqtt://host:port   the broker; without it, the one that the workbook finds
  --listen 1884               the port for your program, on 127.0.0.1 only; 0 takes a free one
  --fault "drop puback"       break something on purpose, see below
  --mermaid                   at the end, print the exchange as a Mermaid diagram
  --json                      print each packet as a JSON object, one in a line
  --help                      print this

${faultGrammar}

At the end come the packets and bytes of each client. With --mermaid and --json only the diagram or the
objects go to the standard output, all else to the standard error output. Passwords are never shown.
`;

interface Options {
  readonly broker: string | undefined;
  readonly port: number;
  readonly faults: readonly FaultStep[];
  readonly format: "words" | "mermaid" | "json";
}

/** `npm run tap`: put the wire tap between any program and any broker. Runs until a signal ends it. */
async function tapCommand(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(help);
    return exitCodes.fine;
  }
  const out = new Printer(process.stdout);
  const aside = options.format === "words" ? out : new Printer(process.stderr);
  const broker = await findBroker(options.broker, aside);
  const tap = await openTap(broker.url, options.port).catch(async (error) => {
    await broker.stop();
    adviseOnTap(error);
  });
  const play = playSteps(tap, options.faults);
  listenForEnter(options.faults, play);

  aside.print(`Broker: ${broker.name}`);
  const { port } = new URL(tap.url);
  aside.print(`Connect your program to mqtt://127.0.0.1:${port}. Ctrl-C ends the tap.`);
  if (options.format === "json") printObjects(tap, out);
  else printWords(tap, aside);

  onExit(async () => {
    await tap.close();
    if (options.format === "mermaid") out.print(drawMermaid(tap.transcript.entries));
    for (const line of summary(tap, play, options.faults)) aside.print(line);
    await Promise.all([out.flush(), aside.flush()]);
    await broker.stop();
    // Ctrl-C is how this command is meant to end: no failure, as the signal's own exit code would say.
    process.exit(exitCodes.fine);
  });
  return new Promise(() => {});
}

/** What was typed, or `undefined` where only help was asked for. */
function readOptions(args: readonly string[]): Options | undefined {
  const { broker, listen, fault, mermaid, json, help } = parse(args);
  if (help) return undefined;
  if (mermaid && json) throw new UsageError("--mermaid and --json are both given", "choose one");
  if (!/^\d{1,5}$/.test(listen) || Number(listen) > 65_535) {
    throw new UsageError(
      `--listen ${listen} is no port`,
      "give a number up to 65535: --listen 1884",
    );
  }
  return {
    broker,
    port: Number(listen),
    faults: fault === undefined ? [] : parseFaults(fault),
    format: json ? "json" : mermaid ? "mermaid" : "words",
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        broker: { type: "string" },
        listen: { type: "string", default: "1884" },
        fault: { type: "string" },
        mermaid: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    // Node's message goes on about positional arguments, which this command has none of.
    const [first = ""] = (error as Error).message.split(/[.\n]/);
    throw new UsageError(first, "npm run tap -- --help");
  }
}

async function findBroker(address: string | undefined, aside: Printer): Promise<Broker> {
  if (address === undefined) {
    const { broker, passedOver } = await chooseBroker("script");
    for (const reason of passedOver) aside.print(`Note: ${reason}.`);
    return broker;
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url?.hostname || (url.protocol !== "mqtt:" && url.protocol !== "mqtts:")) {
    throw new UsageError(
      `--broker ${withoutPassword(address)} is no address of a broker`,
      "write it as mqtt://host:port, or mqtts://host:port for TLS",
    );
  }
  const found = await probeBroker(url);
  if (found.answer === "nothing" || found.answer === "untrusted") {
    throw new EnvironmentProblem(
      `${inWords(found, url.host)}: ${found.why}`,
      `${found.trouble.next}; or leave out --broker to use the workbook's own`,
    );
  }
  // A broker that refuses us may still take the program, which brings its own user and password.
  if (found.answer === "stranger") {
    aside.print(`Note: what listens at ${url.host} does not look like a broker: ${found.why}.`);
  }
  return { kind: "url", name: url.host, url: address, stop: async () => {} };
}

/** For a `hold` or `freeze` without `until`. Else the terminal's input is none of our business. */
function listenForEnter(faults: readonly FaultStep[], play: FaultPlay): void {
  const waits = ({ do: kind }: FaultStep) => kind === "hold" || kind === "freeze";
  if (faults.some((fault) => waits(fault) && !("until" in fault))) {
    process.stdin.on("data", () => play.release());
  }
}

function printWords({ transcript }: Tap, out: Printer): void {
  let widest = 0;
  const words = (entry: Entry) => {
    // A connection that just opened has no client id yet: its number says nothing of the width to come.
    if (entry.kind === "opened") return undefined;
    widest = Math.max(widest, widthOf(shortName(entry.connection.name)));
    return listEntry(entry, widest);
  };
  transcript.onEntry((entry) => {
    const line = words(entry);
    if (line) out.print(line);
  });
  transcript.onSettled((frame) => {
    out.print(`${words(frame)}${frame.fate === "passed" ? ", released" : ""}`);
  });
}

function printObjects({ transcript }: Tap, out: Printer): void {
  transcript.onEntry((entry) => out.print(toJsonLine(entry)));
  transcript.onSettled((frame) => out.print(toJsonLine(frame, "settled")));
}

function* summary({ transcript }: Tap, play: FaultPlay, faults: readonly FaultStep[]) {
  const { entries, forgotten, counts } = transcript;
  yield "";
  yield countBytes(entries) || "No packet crossed the tap.";
  if (forgotten > 0) {
    yield `These are the last ${entries.length} packets. In all, clients ${describeCounts(counts)}.`;
  }
  if (play.struck < faults.length) {
    yield `Faults that struck: ${play.struck} of ${faults.length}.`;
  }
}

/** How long a line may wait for others to be printed with, in milliseconds: nobody sees that. */
const SCREEN_BEAT = 15;

/** Prints lines, many at a time where they come fast: a packet must not wait for the screen. */
class Printer {
  #lines: string[] = [];

  constructor(private readonly stream: NodeJS.WriteStream) {
    // Whoever reads this has gone, as with `| head`: there is nobody left to print for.
    stream.on("error", () => process.exit(exitCodes.fine));
  }

  print(line: string): void {
    if (this.#lines.push(line) === 1) setTimeout(() => this.#write(), SCREEN_BEAT);
  }

  /** Resolves when all lines are out. */
  flush(): Promise<void> {
    return new Promise((resolve) => this.#write(resolve));
  }

  #write(done: () => void = () => {}): void {
    const text = this.#lines.map((line) => `${line}\n`).join("");
    this.#lines = [];
    this.stream.write(text, () => done());
  }
}

await runCommand(tapCommand);
