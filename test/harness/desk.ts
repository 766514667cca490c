import { randomInt } from "node:crypto";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { inject } from "vitest";
import type { EnvironmentProblem } from "../../workbook/environment-problem.ts";
import { prefixed, seededRandom } from "../../workbook/telemetry.ts";
import { asEnvironmentProblem, diagnose } from "../../workbook/troubles/diagnosis.ts";
import type { Faults } from "../../workbook/wire/faults.ts";
import { openTap } from "../../workbook/wire/tap.ts";
import type { Connection, Entry, Frame } from "../../workbook/wire/transcript.ts";
import { within } from "./deadline.ts";

/** What one check works with: its own tap, names, and helpers who connect beside the learner. */
export interface Desk {
  /** The tap: what the learner's code connects to. */
  readonly brokerUrl: string;
  readonly faults: Faults;
  /** All that happened on the tap so far. */
  entries(): readonly Entry[];
  /** The packets that crossed the tap so far. */
  frames(matches?: (frame: Frame) => boolean): Frame[];
  /** Resolves when such an entry crosses the tap, or has. Rejects with the explanation if it does not. */
  sees(matches: (entry: Entry) => boolean, explain: () => Error): Promise<Entry>;
  /** A name that no other check has: for client ids and topic levels. With the prefix: `id(name)`. */
  name(base: string): string;
  /** A client id of this check's own. */
  id(base: string): string;
  /** Numbers from 0 up to 1; the seed is printed when a check fails. */
  readonly random: () => number;
  /** A client through the tap, as the learner's function is given one: MQTT 5. */
  client(base: string, options?: IClientOptions): Promise<MqttClient>;
  /** A client straight to the broker, which the transcript does not show: the check's own eyes and hands. */
  helper(base: string, options?: IClientOptions): Promise<MqttClient>;
  /** End a client that an answer made, whatever state it is in, when the check is over. */
  endLater(client: MqttClient | undefined): void;
  /** Do this when the check is over, whatever its outcome. */
  atEnd(action: () => void | Promise<void>): void;
  /** What the check has measured, in one line, for the report of a check that passes. */
  figures: string | undefined;
  close(): Promise<void>;
}

/** Vary what a check makes up from run to run; a failing run can be repeated with WORKBOOK_SEED. */
export const seed = Number(process.env.WORKBOOK_SEED) || randomInt(1, 2 ** 31);
let desks = 0;

export async function openDesk(): Promise<Desk> {
  const tap = await openTap(inject("broker").url);
  const { transcript } = tap;
  const random = seededRandom(seed + ++desks);
  const mark = randomInt(36 ** 4, 36 ** 5).toString(36);
  const endings: (() => void | Promise<void>)[] = [];

  const name = (base: string) => `${base}-${mark}`;
  const open = (url: string, base: string, options: IClientOptions = {}) => {
    const id = prefixed(name(base));
    const client = connect(url, {
      clientId: id,
      protocolVersion: 5,
      reconnectPeriod: 0,
      ...options,
    });
    endings.push(() => {
      client.end(true);
    });
    return within(
      new Promise<MqttClient>((resolve, reject) => {
        client.once("connect", () => resolve(client));
        client.once("error", (error) => reject(brokerGone(error.message)));
      }),
      () => brokerGone("no CONNACK"),
    );
  };

  return {
    brokerUrl: tap.url,
    faults: tap.faults,
    frames: (matches) => transcript.frames(matches),
    entries: () => transcript.entries,
    sees: (matches, explain) => within(transcript.seen(matches), explain),
    name,
    id: (base) => prefixed(name(base)),
    random,
    client: (base, options) => open(tap.url, base, options),
    helper: (base, options) => open(inject("broker").url, base, options),
    endLater: (client) => endings.push(() => endAnyhow(client)),
    atEnd: (action) => endings.push(action),
    figures: undefined,
    close: async () => {
      for (const end of endings.reverse()) await end();
      await tap.close();
    },
  };
}

// An answer may hand over a client that never began to connect, or no client at all.
function endAnyhow(client: MqttClient | undefined): void {
  try {
    client?.end(true);
  } catch {}
}

const brokerProblems = new WeakSet<object>();

/** The broker failed the check itself: no verdict on the answer is possible. */
export function brokerGone(why: string): EnvironmentProblem {
  const problem = asEnvironmentProblem(diagnose("brokerGone", { error: why }));
  brokerProblems.add(problem);
  return problem;
}

/** Whether it was the check that said so: an answer may throw what looks the same. */
export function isBrokerGone(error: unknown): boolean {
  return typeof error === "object" && error !== null && brokerProblems.has(error);
}

/** Packets of one type from the client side, of one client id or all. */
export function sent(type: Frame["type"], clientId?: string): (entry: Entry) => entry is Frame {
  return crossed("to-broker", type, clientId);
}

/** Packets of one type from the broker. */
export function received(type: Frame["type"], clientId?: string): (entry: Entry) => entry is Frame {
  return crossed("to-client", type, clientId);
}

function crossed(
  direction: Frame["direction"],
  type: Frame["type"],
  clientId?: string,
): (entry: Entry) => entry is Frame {
  const isOf = (connection: Connection) =>
    clientId === undefined || connection.clientId === clientId;
  return (entry): entry is Frame =>
    entry.kind === "frame" &&
    entry.direction === direction &&
    entry.type === type &&
    isOf(entry.connection);
}
