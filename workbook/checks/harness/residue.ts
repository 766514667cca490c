import { EventEmitter } from "node:events";
import { MqttClient } from "mqtt";
import { onExit } from "../../broker/lifetime.ts";

/**
 * What an answer may leave behind in its process for the next one to stumble over. A process that serves
 * one learner's file only need not care; one that proves many wrong answers does.
 */
export function watchResidue(): () => Promise<string[]> {
  const before = look();
  return async () => {
    for (let turn = 0; turn < PATIENCE && sockets() > before.sockets; turn++) {
      await new Promise((resolve) => immediate(resolve));
    }
    const after = look();
    return [
      ...namesThatDiffer(before.listeners, after.listeners, "a listener for"),
      ...namesThatDiffer(before.environment, after.environment, "another environment variable"),
      ...namesThatDiffer(before.library, after.library, "another"),
      ...(after.folder === before.folder ? [] : ["another working folder"]),
      ...(after.sockets > before.sockets ? ["an open socket"] : []),
    ];
  };
}

/** How many turns of the loop a socket may take to close. */
const PATIENCE = 100;
const immediate = globalThis.setImmediate;

function look() {
  return {
    listeners: countListeners(),
    environment: new Map(Object.entries(process.env)),
    library: new Map([
      ...methodsOf("MqttClient", MqttClient),
      ...methodsOf("EventEmitter", EventEmitter),
    ]),
    folder: process.cwd(),
    sockets: sockets(),
  };
}

/** What a broker that a check has started for itself listens for, to end with the process. */
const ofBrokers = new Set<unknown>();
const forget = onExit(async () => {});
for (const name of process.eventNames()) {
  for (const listener of process.listeners(name as "exit")) ofBrokers.add(listener);
}
forget();

function countListeners(): Map<string, number> {
  // Nobody sends signals to these processes, and a library that starts containers listens for all of them.
  const names = process.eventNames().filter((name) => !String(name).startsWith("SIG"));
  const counts = names.map((name) => {
    const all = process.listeners(name as "exit");
    return [String(name), all.filter((listener) => !ofBrokers.has(listener)).length] as const;
  });
  return new Map(counts.filter(([, count]) => count > 0));
}

function sockets(): number {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /^(TCPSocket|TLS|Process)Wrap$/.test(name)).length;
}

function methodsOf(name: string, { prototype }: { prototype: object }): [string, unknown][] {
  return Reflect.ownKeys(prototype).map((key) => [
    `${name}.${String(key)}`,
    Reflect.getOwnPropertyDescriptor(prototype, key)?.value,
  ]);
}

function namesThatDiffer(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
  what: string,
): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${what} ${name}`);
}
