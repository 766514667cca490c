import type { PacketCmd } from "mqtt-packet";
import { UsageError } from "../usage-error.ts";
import { printable, shorten } from "./columns.ts";
import type { ArmedFault, Fault } from "./faults.ts";
import type { Tap } from "./tap.ts";
import { type Direction, type Frame, packetTypes } from "./transcript.ts";

/** How faults are written, for people. */
export const faultGrammar = `Faults, several of them separated by ";", play in order: each waits until the one before has struck.
  drop PACKET                          it never arrives
  delay 500ms PACKET                   it arrives so much later (ms or s), and what follows it too
  hold PACKET until PACKET             it waits, and what follows it too, until the other packet comes
  hold PACKET                          it waits until you press Enter
  freeze PACKET until PACKET           nothing arrives any more, either way, and no side sees a close
  freeze PACKET                        the same, until you press Enter
  cut before PACKET                    the line breaks, and the packet is lost
  cut after PACKET                     the packet arrives, then the line breaks
  refuse next connection               the broker never hears of it
PACKET is a type, with a client id where it matters: publish, puback from broker to sensor-1,
publish from sensor-1. "packet" stands for any type; a client id with blanks goes in "quotes".`;

/** Which packets a fault is meant for. */
export interface PacketPattern {
  readonly type: PacketCmd | "packet";
  readonly direction?: Direction;
  readonly clientId?: string;
}

export type FaultStep =
  | { readonly do: "refuse" }
  | (Fault & { readonly packet: PacketPattern; readonly until?: PacketPattern });

/** The longest delay: Node's timers end at 24 days, and nobody's patience goes that far. */
const MAX_DELAY = 3_600_000;

/**
 * Read a script of faults, e.g. `drop puback to sensor-1; cut after publish`.
 *
 * @throws UsageError saying what to write instead
 */
export function parseFaults(text: string): FaultStep[] {
  const sentences: Word[][] = [[]];
  for (const [word] of text.matchAll(/"[^"]*"|;|[^\s;"]+|"/g)) {
    if (word === '"') {
      throw new UsageError(`a quotation mark is not closed: ${quote(text.trim())}`, example);
    }
    if (word === ";") sentences.push([]);
    else sentences.at(-1)?.push(readWord(word));
  }
  // A semicolon at the very end separates nothing.
  if (sentences.length > 1 && sentences.at(-1)?.length === 0) sentences.pop();
  return sentences.map((words) => new SentenceParser(words).step());
}

const example =
  'write faults as in --fault "drop puback from broker to sensor-1; cut before puback"';

/** What was typed, in one line. */
function quote(text: string): string {
  return shorten(printable(text), 100);
}

interface Word {
  readonly text: string;
  readonly quoted: boolean;
}

function readWord(word: string): Word {
  const quoted = word.startsWith('"');
  return { text: quoted ? word.slice(1, -1) : word, quoted };
}

/** Reads one fault, word by word. */
class SentenceParser {
  #at = 0;

  constructor(private readonly words: readonly Word[]) {}

  step(): FaultStep {
    const step = this.#fault();
    if (this.#at < this.words.length) {
      throw this.#unexpected("the end of the fault", "put ; between faults");
    }
    return step;
  }

  #fault(): FaultStep {
    if (this.#takes("drop")) return { do: "drop", packet: this.#packet() };
    if (this.#takes("delay")) return { do: "delay", ms: this.#time(), packet: this.#packet() };
    for (const kind of ["hold", "freeze"] as const) {
      if (!this.#takes(kind)) continue;
      const packet = this.#packet();
      return this.#takes("until")
        ? { do: kind, packet, until: this.#packet() }
        : { do: kind, packet };
    }
    if (this.#takes("cut"))
      return { do: "cut", when: this.#beforeOrAfter(), packet: this.#packet() };
    if (this.#takes("refuse")) {
      if (this.#takes("next") && this.#takes("connection")) return { do: "refuse" };
      throw this.#unexpected("next connection", "write: refuse next connection");
    }
    throw this.#unexpected("a fault", "start with drop, delay, hold, freeze, cut or refuse");
  }

  #beforeOrAfter(): "before" | "after" {
    if (this.#takes("before")) return "before";
    if (this.#takes("after")) return "after";
    throw this.#unexpected("before or after", "write: cut before puback, or cut after puback");
  }

  #time(): number {
    const match = /^(\d+(?:\.\d+)?)(ms|s)$/i.exec(this.#peek()?.text ?? "");
    const ms = Number(match?.[1]) * (match?.[2]?.toLowerCase() === "s" ? 1000 : 1);
    if (Number.isNaN(ms)) {
      throw this.#unexpected("a time", "write: delay 500ms publish, or delay 2s publish");
    }
    if (ms > MAX_DELAY)
      throw this.#unexpected("a time of at most an hour", "write: delay 2s publish");
    this.#at++;
    return ms;
  }

  #packet(): PacketPattern {
    const type = this.#type();
    let from: Word | undefined;
    let to: Word | undefined;
    for (;;) {
      if (from === undefined && this.#takes("from")) from = this.#who();
      else if (to === undefined && this.#takes("to")) to = this.#who();
      else break;
    }
    if (from === undefined && to === undefined) return { type };
    const next = `write: ${type} from sensor-1, or ${type} from broker to sensor-1`;
    const clients = [from, to].filter((who) => who !== undefined && !isBroker(who));
    const written = this.#written();
    if (clients.length === 2) {
      throw new UsageError(`"${written}" has two clients; one end is always the broker`, next);
    }
    if (from && to && clients.length === 0) {
      throw new UsageError(`"${written}" has the broker at both ends; one end is a client`, next);
    }
    const toClient = from ? isBroker(from) : to !== undefined && !isBroker(to);
    const [client] = clients;
    return {
      type,
      direction: toClient ? "to-client" : "to-broker",
      ...(client && { clientId: client.text }),
    };
  }

  #type(): PacketPattern["type"] {
    const text = this.#peek()?.text.toLowerCase();
    const type = text === "packet" ? text : packetTypes.find((known) => known === text);
    if (type === undefined) {
      const names = packetTypes.filter((known) => known !== undefined).join(", ");
      throw this.#unexpected("a packet type", `use one of ${names}, or packet for any`);
    }
    this.#at++;
    return type;
  }

  #who(): Word {
    const who = this.#peek();
    if (who === undefined || who.text === "") {
      throw this.#unexpected("broker or a client id", "write: from broker, or from sensor-1");
    }
    this.#at++;
    return who;
  }

  #peek(): Word | undefined {
    return this.words[this.#at];
  }

  /** Goes on if this is the next word. */
  #takes(word: string): boolean {
    const next = this.#peek();
    if (next === undefined || next.quoted || next.text.toLowerCase() !== word) return false;
    this.#at++;
    return true;
  }

  #written(): string {
    return quote(this.words.map(({ text, quoted }) => (quoted ? `"${text}"` : text)).join(" "));
  }

  #unexpected(expected: string, next: string): UsageError {
    const got = this.#peek();
    const found = got === undefined ? "nothing" : `"${quote(got.text)}"`;
    const where = this.words.length === 0 ? "" : ` in "${this.#written()}"`;
    return new UsageError(`expected ${expected}, got ${found}${where}`, next);
  }
}

function isBroker({ text, quoted }: Word): boolean {
  return !quoted && text.toLowerCase() === "broker";
}

/** A script of faults that plays. */
export interface FaultPlay {
  /** Resolves when the last fault has struck. Never rejects: give it a deadline. */
  readonly played: Promise<void>;
  /** How many faults have struck so far. */
  readonly struck: number;
  /** Let go what a `hold` or `freeze` without `until` keeps. */
  release(): void;
}

/**
 * Play a script of faults on a tap: the first is armed now, each other one when the one before it has
 * struck, before the tap looks at the next packet.
 *
 * @throws UsageError when the script cannot be read; nothing is armed then
 */
export function playFaults(tap: Pick<Tap, "faults" | "transcript">, text: string): FaultPlay {
  return playSteps(tap, parseFaults(text));
}

/** The same for a script that was read before. */
export function playSteps(
  { faults, transcript }: Pick<Tap, "faults" | "transcript">,
  steps: readonly FaultStep[],
): FaultPlay {
  const held: ArmedFault[] = [];
  let struck = 0;
  let finish: () => void = () => {};
  const played = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const armNext = () => {
    const step = steps[struck];
    if (step === undefined) return finish();
    const next = () => {
      struck++;
      armNext();
    };
    if (step.do === "refuse") return faults.refuseNextConnection(next);
    const armed = faults.arm(step, matcher(step.packet), (frame) => {
      if (step.until) releaseOn(step.until, armed, frame);
      else if (step.do === "hold" || step.do === "freeze") held.push(armed);
      next();
    });
  };
  const releaseOn = (pattern: PacketPattern, armed: ArmedFault, itself: Frame) => {
    const matches = matcher(pattern);
    const stop = transcript.onEntry((entry) => {
      if (entry.kind !== "frame" || entry === itself || !matches(entry)) return;
      stop();
      armed.release();
    });
  };

  armNext();
  return {
    played,
    get struck() {
      return struck;
    },
    release: () => {
      for (const armed of held.splice(0)) armed.release();
    },
  };
}

function matcher({ type, direction, clientId }: PacketPattern): (frame: Frame) => boolean {
  return (frame) =>
    frame.type !== undefined &&
    (type === "packet" || frame.type === type) &&
    (direction === undefined || frame.direction === direction) &&
    (clientId === undefined || frame.connection.clientId === clientId);
}
