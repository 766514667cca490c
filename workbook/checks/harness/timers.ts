/**
 * The timers of answers. One that is left running would go off in the middle of another answer's check, so
 * those that are set during a check end with it. And while one is pending, something may still come.
 */
import { syncBuiltinESMExports } from "node:module";
import { Socket } from "node:net";
import timersModule from "node:timers";
import promisesModule from "node:timers/promises";

/** What a timer shows of itself; when it goes off, it says nowhere else. */
interface Timer {
  readonly _idleStart?: number;
  readonly _idleTimeout?: number;
  readonly _destroyed?: boolean;
  hasRef?(): boolean;
}

/** The harness' own clock, whatever an answer does to the global one. Keeps no process alive. */
export const ownTimeout = (action: () => void, ms: number): (() => void) => {
  const timer = setOriginal(action, ms).unref();
  return () => clearOriginal(timer);
};

const setOriginal = globalThis.setTimeout;
const clearOriginal = globalThis.clearTimeout;

let timers: Set<NodeJS.Timeout | NodeJS.Immediate> | undefined;
/** A timer that nobody can look into. */
interface Promised {
  /** When it goes off, in milliseconds of `performance.now()`. */
  readonly due: number;
  /** Whether it keeps the process alive. */
  readonly holds: boolean;
}
let promised: Set<Promised> | undefined;
/** Those that were told to say when they are idle for a while: when that is shows nowhere. */
let impatient: Set<Socket> | undefined;

for (const name of ["setTimeout", "setInterval", "setImmediate"] as const) {
  const original = globalThis[name] as (...args: unknown[]) => NodeJS.Timeout;
  const remembering = (...args: unknown[]) => {
    const timer = original(...args);
    timers?.add(timer);
    return timer;
  };
  // util.promisify looks for a property of its own.
  Object.defineProperties(remembering, Object.getOwnPropertyDescriptors(original));
  Object.assign(globalThis, { [name]: remembering });
  Object.assign(timersModule, { [name]: remembering });
}

/** Remember that something goes off then, until it is over. */
function promise(ms: number | undefined, holds: boolean, over?: Promise<unknown>): void {
  const timer = { due: performance.now() + (Number(ms) || 0), holds };
  const all = promised;
  all?.add(timer);
  const forget = () => void all?.delete(timer);
  over?.then(forget, forget);
}

const { setTimeout: wait, setInterval: tick, scheduler } = promisesModule;
Object.assign(promisesModule, {
  setTimeout: (...args: Parameters<typeof wait>) => {
    const waiting = wait(...args);
    promise(args[0], args[2]?.ref !== false, waiting);
    return waiting;
  },
  setInterval: async function* (...args: Parameters<typeof tick>) {
    const [ms, value, options] = args;
    const ticks = tick(ms, undefined, options)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = ticks.next();
        promise(ms, options?.ref !== false, next);
        if ((await next).done) return;
        yield value;
      }
    } finally {
      await ticks.return?.();
    }
  },
});
const schedulerWait = scheduler.wait;
scheduler.wait = (...args: Parameters<typeof schedulerWait>) => {
  const waiting = schedulerWait.apply(scheduler, args);
  promise(args[0], true, waiting as Promise<unknown>);
  return waiting;
};
const abortAfter = AbortSignal.timeout;
AbortSignal.timeout = (ms) => {
  promise(ms, false);
  return abortAfter.call(AbortSignal, ms);
};
const { setTimeout: setPatience } = Socket.prototype;
Socket.prototype.setTimeout = function (this: Socket, ...args) {
  impatient?.add(this);
  return setPatience.apply(this, args);
};
syncBuiltinESMExports();

/** How many timers there were before the check began, which are none of its business. */
let before = 0;

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}

/** Remember the timers that are set from now on. Returns how to end them. */
export function watchTimers(): () => void {
  before = countTimers();
  const watched = new Set<NodeJS.Timeout | NodeJS.Immediate>();
  timers = watched;
  promised = new Set();
  impatient = new Set();
  return () => {
    timers = undefined;
    promised = undefined;
    impatient = undefined;
    for (const timer of watched) {
      if ("refresh" in timer) clearTimeout(timer);
      else clearImmediate(timer);
    }
  };
}

/**
 * Whether a timer that was set during this check may go off before that.
 *
 * @param time in milliseconds of `performance.now()`
 */
export function isTimerDueBefore(time: number): boolean {
  if (timers === undefined || promised === undefined) return true;
  for (const timer of timers) {
    const { _destroyed, _idleStart = 0, _idleTimeout } = timer as Timer;
    if (_destroyed) timers.delete(timer);
    else if (_idleTimeout === undefined || _idleStart + offset() + _idleTimeout < time) return true;
  }
  if ([...promised].some(({ due }) => due >= performance.now() - LATE && due < time)) return true;
  return isAnySocketImpatient() || unknownTimers() > 0;
}

function isAnySocketImpatient(): boolean {
  return [...(impatient ?? [])].some(({ destroyed, timeout = 0 }) => !destroyed && timeout > 0);
}

/** By how much a timer of a busy machine may be late, in milliseconds. */
const LATE = 1000;

/** Timers have a clock of their own, which begins with the process's event loop. */
function offset(): number {
  const probe = setOriginal(() => {}, 1) as unknown as Timer & NodeJS.Timeout;
  clearOriginal(probe);
  return performance.now() - (probe._idleStart ?? 0);
}

/** How many timers keep the process alive that were not set in any of these ways. */
function unknownTimers(): number {
  const known = [...(timers ?? [])].filter((timer) => timer.hasRef() && "refresh" in timer).length;
  return countTimers() - before - known - [...(promised ?? [])].filter(({ holds }) => holds).length;
}
