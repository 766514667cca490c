import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import type { IPublishPacket, MqttClient } from "mqtt";
import { openHttpService } from "../../../workbook/bridge/http-service.ts";
import { type ProcessOptions, startProcess } from "../../../workbook/bridge/process.ts";
import { openStore } from "../../../workbook/bridge/sqlite-store.ts";
import type { Command, Store } from "../../../workbook/bridge/store.ts";
import { answersFile, loadAnswers } from "../../../workbook/checks/harness/answers.ts";
import { clientsFromHere } from "../../../workbook/checks/harness/clients.ts";
import { within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk } from "../../../workbook/checks/harness/desk.ts";
import { usePrefix } from "../../../workbook/checks/harness/own-names.ts";
import type { Reading } from "../../../workbook/telemetry.ts";
import type { Frame } from "../../../workbook/wire/transcript.ts";

/** What the checks of this lab have in common. */

export type Answers = typeof import("../../../solutions/08-http-bridge.ts");
export const answers = () => loadAnswers<Answers>();

/** How long a process may take to start on a machine that is busy, in milliseconds. */
const START = 12_000;

/** A database of this check's own, which a second store, another process or a lock can open too. */
export interface TestDatabase {
  readonly file: string;
  readonly store: Store;
  /** Another connection to the same file. */
  again(): Promise<Store>;
  /** Hold the database locked for everybody else. */
  lock(): { release(): void };
}

/**
 * Open a database, in a folder that goes with the check. All names of the check get a prefix of their own,
 * because a bridge listens to all devices that there are.
 */
export async function openDatabase(desk: Desk): Promise<TestDatabase> {
  usePrefix(desk);
  const folder = mkdtempSync(join(tmpdir(), "workbook-check-"));
  desk.atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const file = join(folder, "bridge.db");
  const open = async () => {
    const store = await openStore(file);
    let isOver = false;
    desk.atEnd(() => {
      isOver = true;
      return store.close();
    });
    // What an answer does after the check is over gets no answer: nobody is left to hear an error.
    return new Proxy(store, {
      get: (_, name) => {
        const member: unknown = Reflect.get(store, name);
        if (typeof member !== "function") return member;
        if (name === "watch") return member.bind(store);
        return (...args: unknown[]) => (isOver ? new Promise(() => {}) : member.apply(store, args));
      },
    });
  };
  const store = await open();
  // Asked for last, so done first: the answer's clients end before their store does.
  clientsFromHere(desk);
  return {
    file,
    store,
    again: open,
    lock: () => {
      const other = new Database(file);
      other.exec("BEGIN IMMEDIATE");
      let isHeld = true;
      const release = () => {
        if (!isHeld) return;
        isHeld = false;
        other.exec("ROLLBACK");
        other.close();
      };
      desk.atEnd(release);
      return { release };
    },
  };
}

/** A store that differs from another one in this. */
export function storeWith(store: Store, changed: Partial<Store>): Store {
  return new Proxy(store, {
    get: (_, name) => Reflect.get(name in changed ? changed : store, name),
  });
}

/** The HTTP service with the answers under test, in this process. Returns its URL. */
export async function openService(desk: Desk, store: Store): Promise<string> {
  // Not as a rejection of the request, which would be a response: the check shall end with the error.
  const onFailure = (error: Error) =>
    setImmediate(() => {
      throw error;
    });
  const service = await openHttpService(store, await answers(), onFailure);
  desk.atEnd(() => service.close());
  return service.url;
}

export function post(
  url: string,
  { deviceId = "window", key, text }: { deviceId?: string; key: string; text: string },
): Promise<Response> {
  return fetch(`${url}/devices/${encodeURIComponent(deviceId)}/commands`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify({ text }),
  });
}

/** What a process looks up in the answers. */
const usedBy: Readonly<Record<ProcessOptions["role"], readonly string[]>> = {
  service: ["acceptCommand", "readingsPage", "streamEvents"],
  worker: ["BridgeWorker"],
  "all-in-one": [],
};

/** A process with the answers under test. It ends with the check. */
export async function start(
  desk: Desk,
  role: ProcessOptions["role"],
  database: string,
): Promise<{ url: string; kill(): void; readonly gone: Promise<void> }> {
  const child = startProcess({
    role,
    answers: answersFile(...usedBy[role]),
    database,
    brokerUrl: desk.brokerUrl,
    name: desk.name("bridge"),
  });
  desk.atEnd(async () => {
    child.kill();
    await child.gone;
  });
  const late = () => brokerGone("a process of the check does not start");
  const url = (await within(child.ready, late, START)) ?? "";
  return { url, kill: child.kill, gone: child.gone };
}

/** Commands that wait in the store, oldest first. */
export async function storeCommands(
  store: Store,
  count: number,
  deviceId = "window",
): Promise<Command[]> {
  const commands: Command[] = [];
  for (let number = 0; number < count; number++) {
    const id = randomUUID();
    commands.push(
      await store.addCommand({ id, key: `key of ${id}`, deviceId, text: `step ${number}` }),
    );
  }
  return commands;
}

/** Resolves when this is so, looking again after each change in the store. */
export async function until(
  store: Store,
  isSo: () => Promise<boolean>,
  explain: () => Promise<Error> | Error,
  deadline?: number,
): Promise<void> {
  let wake = () => {};
  let isOver = false;
  const unwatch = store.watch(() => wake());
  const look = async () => {
    while (!isOver) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (await isSo()) return;
      await changed;
    }
  };
  const late = new Error("late");
  try {
    await within(look(), () => late, deadline);
  } catch (error) {
    throw error === late ? await explain() : error;
  } finally {
    isOver = true;
    unwatch();
  }
}

export const temperature = (value: number): Reading => {
  return { kind: "temperature", room: "greenhouse", value, unit: "°C" };
};

/** Publish as a device does, with an id of the message's own where there is one. */
export async function publish(
  client: MqttClient,
  topic: string,
  payload: string,
  messageId?: string,
  more: { correlationData?: Buffer; retain?: boolean } = {},
): Promise<void> {
  const { correlationData, retain = false } = more;
  const properties = {
    ...(messageId === undefined ? {} : { userProperties: { "message-id": messageId } }),
    ...(correlationData === undefined ? {} : { correlationData }),
  };
  await within(client.publishAsync(topic, payload, { qos: 1, retain, properties }), () =>
    brokerGone("no PUBACK"),
  );
}

export function publishOf({ packet }: Frame): IPublishPacket | undefined {
  return packet?.cmd === "publish" ? packet : undefined;
}

/** Some of a list, for one line. */
export function few(values: readonly unknown[], most = 6): string {
  if (values.length === 0) return "none";
  const shown = values.slice(0, most).map(String).join(", ");
  return values.length > most ? `${shown} and ${values.length - most} more` : shown;
}
