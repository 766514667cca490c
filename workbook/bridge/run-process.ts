/** What `startProcess` starts: the HTTP service or the MQTT worker of a file with answers. */
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { Todo } from "../todo.ts";
import type { HttpHandlers } from "./http-service.ts";
import type { ProcessOptions, Word } from "./process.ts";
import { openStore } from "./sqlite-store.ts";
import type { Store } from "./store.ts";

/** How long a request waits while the database is locked, in milliseconds. A worker waits for ever. */
const HTTP_PATIENCE_MS = 5000;

interface Answers extends HttpHandlers {
  readonly BridgeWorker: new (options: {
    brokerUrl: string;
    name: string;
    store: Store;
  }) => {
    start(): Promise<unknown>;
    stop(): Promise<void>;
  };
}

/** Serve until somebody says stop. Resolves with how to stop, and for a service with its URL. */
async function serve({ role, answers, database, brokerUrl, name }: ProcessOptions): Promise<{
  url?: string;
  stop: () => Promise<void>;
}> {
  const store = await openStore(
    database,
    role === "service" ? { patienceMs: HTTP_PATIENCE_MS } : {},
  );
  if (role === "worker") {
    const { BridgeWorker }: Answers = await import(pathToFileURL(answers).href);
    const worker = new BridgeWorker({ brokerUrl, name, store });
    await worker.start();
    return { stop: () => worker.stop().then(() => store.close()) };
  }
  // Loaded only where HTTP is spoken: a worker begins the sooner.
  const service =
    role === "all-in-one"
      ? await (await import("./all-in-one.ts")).openAllInOne(brokerUrl, store, name)
      : await (await import("./http-service.ts")).openHttpService(
          store,
          (await import(pathToFileURL(answers).href)) as Answers,
          fail,
        );
  return { url: service.url, stop: () => service.close().then(() => store.close()) };
}

// When whoever has started this process is gone, nobody could end it any more.
process.once("disconnect", () => process.exit(1));
if (!process.connected) process.exit(1);
// The event above is never heard in a process whose answer loops without a pause: a thread looks too.
const look =
  "setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGKILL'), 500)";
new Worker(`const parent = ${process.ppid}; ${look}`, { eval: true }).unref();

const say = (word: Word) => new Promise((resolve) => process.send?.(word, resolve));

async function fail(error: unknown): Promise<void> {
  const { name, message, stack } = error as Error;
  const todo = error instanceof Todo ? { todo: error.functionName } : {};
  await say({ kind: "failed", error: { name, message, ...(stack && { stack }), ...todo } });
  process.exit(1);
}

process.once("uncaughtException", fail);
try {
  const { url, stop } = await serve(JSON.parse(process.argv[2] ?? ""));
  process.once("message", async () => {
    await stop();
    process.exit(0);
  });
  await say({ kind: "ready", ...(url === undefined ? {} : { url }) });
} catch (error) {
  await fail(error);
}
