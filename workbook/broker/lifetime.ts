import { readFileSync } from "node:fs";
import { constants } from "node:os";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type Signal = (typeof signals)[number];

/** How long all clean-ups together may take before the process leaves without them. */
const patienceMs = 5000;

interface CleanUp {
  stop: () => Promise<void>;
  atOnce: () => void;
}

const cleanUps = new Set<CleanUp>();
let leaving = false;

/**
 * Has `stop` run when the process gets SIGINT, SIGTERM or SIGHUP, and then exits with 128 + the signal's
 * number; also when a script has nothing left to do. A `stop` that takes more than 5 s is abandoned; a
 * second signal exits at once. Other handlers of the same signals are left alone.
 *
 * @param stop may be called more than once; a rejection is ignored, nobody is left to hear it
 * @param atOnce what to do instead where nothing asynchronous happens any more: on `process.exit`, an
 *   uncaught exception, or when another signal handler (vitest's) exits before `stop` is done
 * @returns takes them off the list again; with the last one our handlers go too
 */
export function onExit(stop: () => Promise<void>, atOnce: () => void = () => {}): () => void {
  const cleanUp = { stop, atOnce };
  if (cleanUps.size === 0) install();
  cleanUps.add(cleanUp);
  return () => {
    if (cleanUps.delete(cleanUp) && cleanUps.size === 0) uninstall();
  };
}

/** True while a process with this id lives. One that is dead and not yet reaped does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  try {
    // "1234 (name) Z ...": the name may hold spaces and brackets, the state follows the last one.
    return !/^\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*(?=\) )/s, ""));
  } catch {
    return true; // no /proc on this system
  }
}

function install(): void {
  for (const signal of signals) process.on(signal, onSignal);
  process.once("beforeExit", stopAll);
  process.on("exit", atOnceAll);
}

function uninstall(): void {
  // While leaving, a second signal still has to find its handler.
  if (leaving) return;
  for (const signal of signals) process.off(signal, onSignal);
  process.off("beforeExit", stopAll);
  process.off("exit", atOnceAll);
}

async function onSignal(signal: Signal): Promise<void> {
  const code = 128 + constants.signals[signal];
  if (leaving) process.exit(code);
  leaving = true;
  setTimeout(() => process.exit(code), patienceMs);
  await stopAll();
  process.exit(code);
}

async function stopAll(): Promise<void> {
  await Promise.allSettled([...cleanUps].map(({ stop }) => stop()));
}

function atOnceAll(): void {
  for (const { atOnce } of cleanUps) atOnce();
}
