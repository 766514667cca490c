import { createHash } from "node:crypto";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { EnvironmentProblem } from "../../environment-problem.ts";
import { prefixed, seededRandom } from "../../telemetry.ts";
import { asEnvironmentProblem, diagnose } from "../../troubles/diagnosis.ts";
import type { Faults } from "../../wire/faults.ts";
import { openTap } from "../../wire/tap.ts";
import type { Connection, Entry, Frame } from "../../wire/transcript.ts";
import { conditions } from "./conditions.ts";
import { within } from "./deadline.ts";
import { isBrokerOwing } from "./owing.ts";
import { addSource, type Source } from "./quiet.ts";

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
  /** Numbers from 0 up to 1, the same for the same seed. */
  readonly random: () => number;
  /** From what the names and the numbers are drawn. */
  readonly seed: number;
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

/**
 * @param seed what the check makes up follows from it
 * @param salt and its names follow from this, too: whoever uses the same broker has another one
 */
export async function openDesk(seed: number, salt: string): Promise<Desk> {
  const { url } = conditions().broker;
  const tap = await openTap(url);
  const { transcript } = tap;
  const hash = createHash("sha256").update(`${seed} ${salt}`).digest();
  const random = seededRandom(hash.readUInt32LE());
  const mark = (36 ** 4 + (hash.readUIntLE(4, 6) % (36 ** 5 - 36 ** 4))).toString(36);
  const helpers = new Set<MqttClient>();
  const removeSources = [
    addSource({
      // The client's, the tap's two.
      sockets: () => tap.lines * 3,
      traffic: () => transcript.entries.length + transcript.forgotten,
      settled: async () => !isBrokerOwing(transcript.entries) && tap.settled(),
    }),
    addSource(sourceOf(helpers)),
  ];
  const endings: (() => void | Promise<void>)[] = [];

  const name = (base: string) => `${base}-${mark}`;
  const open = (to: string, base: string, options: IClientOptions = {}) => {
    const id = prefixed(name(base));
    const client = connect(to, {
      clientId: id,
      protocolVersion: 5,
      reconnectPeriod: 0,
      ...options,
    });
    if (to === url) helpers.add(client);
    client.once("close", () => helpers.delete(client));
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
    seed,
    client: (base, options) => open(tap.url, base, options),
    helper: (base, options) => open(url, base, options),
    endLater: (client) => endings.push(() => endAnyhow(client)),
    atEnd: (action) => endings.push(action),
    figures: undefined,
    close: async () => {
      for (const end of endings.reverse()) await end();
      for (const remove of removeSources) remove();
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

const ownProblems = new WeakSet<EnvironmentProblem>();

/** The environment failed the check itself, so that no verdict on the answer is possible. */
export function ownProblem(problem: EnvironmentProblem): EnvironmentProblem {
  ownProblems.add(problem);
  return problem;
}

/** Whether it was the check that said so: an answer may throw what looks the same. */
export function isOwnProblem(error: unknown): error is EnvironmentProblem {
  return error instanceof EnvironmentProblem && ownProblems.has(error);
}

/** The broker does not do what every broker does. */
export function brokerGone(why: string): EnvironmentProblem {
  return ownProblem(asEnvironmentProblem(diagnose("brokerGone", { error: why })));
}

/** The check's own clients: a ping to the broker and back, and all that was sent before has come. */
function sourceOf(helpers: ReadonlySet<MqttClient>): Source {
  let packets = 0;
  const heard = new WeakSet<MqttClient>();
  const watch = () => {
    for (const client of helpers) {
      if (heard.has(client)) continue;
      heard.add(client);
      client.on("packetreceive", ({ cmd }) => {
        if (cmd !== "pingresp") packets++;
      });
    }
  };
  return {
    sockets: () => helpers.size,
    traffic: () => {
      watch();
      return packets;
    },
    settled: async () => {
      const all = await Promise.all([...helpers].map(roundTrip));
      return all.every(Boolean);
    },
  };
}

/** @returns false where the broker may say something later of its own accord */
async function roundTrip(client: MqttClient): Promise<boolean> {
  const { will, keepalive = 60 } = client.options;
  const hasClock =
    (will?.properties?.willDelayInterval ?? 0) > 0 || (keepalive > 0 && keepalive < 10);
  if (!client.connected || hasClock) return false;
  const answered = new Promise<void>((resolve) => {
    const end = () => {
      client.off("packetreceive", hear).off("close", end);
      resolve();
    };
    const hear = ({ cmd }: { cmd?: string }) => {
      if (cmd === "pingresp") end();
    };
    client.on("packetreceive", hear).on("close", end);
  });
  client.sendPing();
  await answered;
  return true;
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
