import { Worker } from "node:worker_threads";

/**
 * How much processor time may go by without a turn of the event loop, in milliseconds. Processor time,
 * because on a busy machine a process may stand still for long through no fault of its own.
 */
const PATIENCE = 1500;
const BEAT = 100;
/** How much memory an answer may take before its process is ended, in bytes: checks need a tenth. */
const MEMORY_LIMIT = 2 ** 30;

// Runs in a thread of its own, because the thread it watches may never be free again. It asks V8 where
// the watched thread is, then ends what runs there; timers and the next check go on.
const watch = `
const { Session } = require("node:inspector");
const { parentPort, workerData } = require("node:worker_threads");
const beats = new Int32Array(workerData.beats);
let last = -1;
let since = process.cpuUsage();
setInterval(() => {
  const now = Atomics.load(beats, 0);
  const { user, system } = process.cpuUsage(since);
  const blocked = now === last && user + system > workerData.patience * 1000;
  if (blocked) interruptOrEnd();
  if (blocked || now !== last) since = process.cpuUsage();
  last = now;
  // Whoever wanted the verdicts has gone, and a blocked thread would never hear of it.
  if (workerData.parent !== undefined && process.ppid !== workerData.parent) process.kill(process.pid, "SIGKILL");
  // Past this the whole machine would suffer, and with it whoever else is being checked.
  if (process.memoryUsage.rss() > workerData.memoryLimit) process.kill(process.pid, "SIGKILL");
}, workerData.beat);

function interruptOrEnd() {
  try {
    interrupt();
  } catch {
    // Node's permission model, under which submissions are graded, knows no inspector.
    process.kill(process.pid, "SIGKILL");
  }
}

function interrupt() {
  const session = new Session();
  session.connectToMainThread();
  session.on("Debugger.paused", ({ params }) => {
    parentPort.postMessage(params.callFrames.map(({ functionName, url }) => ({ functionName, url })));
    session.post("Debugger.resume");
    session.post("Runtime.terminateExecution", () => session.disconnect());
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
}
`;

export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
}

export interface Watchdog {
  /** Called with the functions that were running, innermost first. */
  onBlocked: (frames: readonly CallFrame[]) => void;
}

/** Watches this process's main thread until the process ends. */
export function startWatchdog(): Watchdog {
  const beats = new SharedArrayBuffer(4);
  const counter = new Int32Array(beats);
  const watchdog: Watchdog = { onBlocked: () => {} };
  const worker = new Worker(watch, {
    eval: true,
    workerData: {
      beats,
      patience: PATIENCE,
      beat: BEAT,
      memoryLimit: MEMORY_LIMIT,
      parent: process.connected ? process.ppid : undefined,
    },
  });
  worker.on("message", (frames: CallFrame[]) => watchdog.onBlocked(frames));
  worker.unref();
  setInterval(() => Atomics.add(counter, 0, 1), BEAT).unref();
  return watchdog;
}
