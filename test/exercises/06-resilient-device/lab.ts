import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type MqttClient } from "mqtt";
import type {
  DeviceOptions,
  Message,
  MessageStore,
  PublisherOptions,
} from "../../../solutions/06-resilient-device.ts";
import { loadAnswers } from "../../../workbook/checks/harness/answers.ts";
import { clientsFromHere } from "../../../workbook/checks/harness/clients.ts";
import { within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk } from "../../../workbook/checks/harness/desk.ts";
import { prefixed } from "../../../workbook/telemetry.ts";
import { Todo } from "../../../workbook/todo.ts";
import type { Frame } from "../../../workbook/wire/transcript.ts";

/** What the checks of this lab have in common. */

export type Answers = typeof import("../../../solutions/06-resilient-device.ts");
export const answers = () => loadAnswers<Answers>();

/** Almost 1, which `random` never reaches. */
export const ALMOST_ONE = 1 - 1e-9;

/** For clients whose session and messages outlive a line that is cut. */
export const persistent = {
  clean: false,
  reconnectPeriod: 20,
  properties: { sessionExpiryInterval: 60 },
} as const;

const watched = new WeakSet<Desk>();

/** How a device of this check connects. Its session ends with the check, and so does its client. */
export function deviceOptions(
  desk: Desk,
  base: string,
  changed: Partial<DeviceOptions> = {},
): DeviceOptions {
  if (!watched.has(desk)) clientsFromHere(desk);
  watched.add(desk);
  if (changed.brokerUrl === undefined) forgetAtEnd(desk, base);
  return {
    brokerUrl: desk.brokerUrl,
    deviceId: desk.name(base),
    keepaliveSeconds: 30,
    backoff: { firstMs: 20, maxMs: 100 },
    random: desk.random,
    onGiveUp: () => {},
    ...changed,
  };
}

/** The same for a device with a folder of its own. */
export function publisherOptions(
  desk: Desk,
  base: string,
  changed: Partial<PublisherOptions> = {},
): PublisherOptions {
  return {
    folder: folderOf(desk),
    capacity: 1000,
    onRefused: () => {},
    ...deviceOptions(desk, base, changed),
    ...changed,
  };
}

/** A client as `connectDevice` makes it, for checks of what comes after that. */
export function openDevice(desk: Desk, base: string, brokerUrl?: string): MqttClient {
  if (brokerUrl === undefined) forgetAtEnd(desk, base);
  const url = brokerUrl ?? desk.brokerUrl;
  const client = connect(url, { clientId: desk.id(base), protocolVersion: 5, ...persistent });
  client.on("error", () => {});
  desk.endLater(client);
  return client;
}

// Registered first, so done last: when the client has gone.
function forgetAtEnd(desk: Desk, base: string): void {
  desk.atEnd(async () => void (await desk.helper(base).catch(() => {})));
}

/** A folder that goes with the check. */
export function folderOf(desk: Desk): string {
  const folder = mkdtempSync(join(tmpdir(), "workbook-check-"));
  desk.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Messages to put into a store. */
export function messagesOf(
  desk: Desk,
  count: number,
  kind: Message["kind"] = "reading",
): Message[] {
  return Array.from({ length: count }, (_, number) => ({
    id: desk.name(`${kind}-${number}`),
    kind,
    topic: prefixed(desk.name("readings")),
    payload: `${kind} ${number}, 21.5 °C`,
  }));
}

/** A store in memory, that a check can watch. */
export class WatchedStore implements MessageStore {
  readonly #messages = new Map<string, Message>();
  #changed = () => {};

  constructor(messages: readonly Message[] = []) {
    for (const message of messages) this.add(message);
  }

  add(message: Message): void {
    this.#messages.set(message.id, message);
  }

  pending(): readonly Message[] {
    return [...this.#messages.values()];
  }

  remove(id: string): void {
    this.#messages.delete(id);
    this.#changed();
  }

  has(id: string): boolean {
    return this.#messages.has(id);
  }

  /** Resolves when nothing waits in it any more. */
  empty(explain: () => Error): Promise<void> {
    const emptied = new Promise<void>((resolve) => {
      this.#changed = () => {
        if (this.#messages.size === 0) resolve();
      };
      this.#changed();
    });
    return within(emptied, explain);
  }
}

export function publishOf({ packet }: Frame) {
  return packet?.cmd === "publish" ? packet : undefined;
}

export function payloadOf(frame: Frame): string {
  return publishOf(frame)?.payload.toString() ?? "";
}

export function idOf(frame: Frame): string | undefined {
  return publishOf(frame)?.properties?.userProperties?.["message-id"]?.toString();
}

/** Publish with an id of its own, as the lab's messages have. */
export async function publishWithId(
  client: MqttClient,
  topic: string,
  payload: string,
  id: string,
): Promise<void> {
  const properties = { userProperties: { "message-id": id } };
  await within(client.publishAsync(topic, payload, { qos: 1, properties }), () =>
    brokerGone("no PUBACK"),
  );
}

/** Some of a list, for one line. */
export function few(values: readonly unknown[], most = 6): string {
  if (values.length === 0) return "none";
  const shown = values.slice(0, most).map(String).join(", ");
  return values.length > most ? `${shown} and ${values.length - most} more` : shown;
}

/** What a call of the learner's throws, whichever way, or `undefined`. A to-do stays one. */
export async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Todo) throw error;
    return error;
  }
  return undefined;
}

/** An error that says something, in one line. */
export function isOneLine(error: unknown): error is Error {
  return error instanceof Error && /^.+$/.test(error.message);
}

/** What was thrown, for one line. */
export function describeThrown(error: unknown): string {
  return error === undefined ? "no error" : String(error).split("\n").slice(0, 2).join(" / ");
}
