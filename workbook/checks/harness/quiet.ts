import { isTimerDueBefore, ownTimeout } from "./timers.ts";

/**
 * Somewhere that packets can come from: a tap, or a client of the check's own.
 */
export interface Source {
  /** How many sockets of this process belong to it. */
  sockets(): number;
  /** Something that grows with each packet. */
  traffic(): number;
  /** Resolves when all that was on its way has come: with false where nobody can know. */
  settled(): Promise<boolean>;
}

/** For so long nothing may have happened, in milliseconds. */
const QUIET = 150;
/**
 * So much processor time other threads may take while this one waits for its next look, in milliseconds:
 * what Node does there, such as hashing a password, shows nowhere else.
 */
const ELSEWHERE = 4;
/** By how much a look may come late, in milliseconds. */
const LATE = 20;
/** How long to wait before looking, in milliseconds: a right answer is through by then. */
const FIRST_LOOK = 40;
/** As many looks in a row must find nothing. */
const LOOKS = 2;

const sources = new Set<Source>();
/** What was open before the check began is none of its business: how many of each kind. */
let before = new Map<string, number>();

/** Something more can come from here, until it is taken off the list again. */
export function addSource(source: Source): () => void {
  if (sources.size === 0) before = countOpen();
  sources.add(source);
  return () => sources.delete(source);
}

/**
 * Resolves with true when nothing more can come before that time: no timer of the answer goes off until
 * then, no request is out, and on every line all that the broker had to say has come. Where nobody can
 * know that, it resolves with false, when the time is over: this is proof, and what it spares is waiting.
 *
 * @param time in milliseconds of `performance.now()`
 * @param over whether nobody waits any more
 */
export async function nothingMoreComes(time: number, over: () => boolean): Promise<boolean> {
  let since = performance.now();
  let seen = traffic();
  let found = 0;
  for (let pause = FIRST_LOOK; ; pause = Math.min(pause * 1.5, 200)) {
    const done = doneElsewhere();
    const begun = performance.now();
    await new Promise<void>((resolve) => ownTimeout(resolve, pause));
    const isComputing = doneElsewhere() - done > ELSEWHERE;
    // A look shows little where others take the processor: whoever computes may not have had a turn.
    const isKeptWaiting = performance.now() - begun - pause > LATE;
    if (over() || performance.now() > time) return false;
    const isQuiet = (await loopTurns()) && !isBusy(time) && (await allSettled(over));
    await loopTurns();
    const now = traffic();
    if (isComputing || !isQuiet || now !== seen || isBusy(time)) {
      seen = now;
      since = performance.now();
      found = 0;
    } else if (!isKeptWaiting && ++found >= LOOKS && performance.now() - since > QUIET) {
      return !over();
    }
  }
}

/** The processor time of this process without that of the main thread, or less, in milliseconds. */
function doneElsewhere(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 - performance.eventLoopUtilization().active;
}

function traffic(): number {
  let all = sources.size;
  for (const source of sources) all += source.traffic();
  return all;
}

/** What this process may have open without being at work; all else is a request, or somebody unknown. */
const idle = new Set(["TCPServerWrap", "PipeWrap", "Timeout", "Immediate"]);

function isBusy(time: number): boolean {
  let expected = 0;
  for (const source of sources) expected += source.sockets();
  for (const [name, count] of countOpen()) {
    const own = count - (before.get(name) ?? 0);
    const allowed = name === "TCPSocketWrap" ? expected : 0;
    if (!idle.has(name) && own > allowed) return true;
  }
  return isTimerDueBefore(time);
}

function countOpen(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

async function allSettled(over: () => boolean): Promise<boolean> {
  const answers = Promise.all([...sources].map((source) => source.settled()));
  const given = new Promise<false>((resolve) => {
    const look = () => (over() ? resolve(false) : void ownTimeout(look, 50));
    look();
  });
  const all = await Promise.race([answers, given]);
  return all !== false && all.every(Boolean);
}

const immediate = globalThis.setImmediate;

/** What the process had to do at once is done, and what came in meanwhile is read. */
async function loopTurns(): Promise<true> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => immediate(resolve));
  return true;
}
