/**
 * Lab 6: a device that survives.
 *
 * Lines break, brokers restart, processes are killed. Here you write, piece by piece, a device whose
 * readings arrive all the same, each handled once and none lost: when to connect again and when to give
 * up, an outbox on disk, a sender that asks no more of the broker than it offers, and two small classes
 * that put it all together.
 *
 * The lesson is beside this file: exercises/06-resilient-device.md
 */
import { randomUUID } from "node:crypto";
import { appendFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, connectAsync, type MqttClient } from "mqtt";
import { generate } from "mqtt-packet";
import { type Demo, runScript } from "../workbook/script.ts";
import { prefixed, type Reading, seededRandom } from "../workbook/telemetry.ts";
import { Todo } from "../workbook/todo.ts";

/** How long to wait before connecting again, in milliseconds. */
export interface Backoff {
  /** The most to wait before the first attempt. */
  readonly firstMs: number;
  /** The most to wait before any attempt. */
  readonly maxMs: number;
}

/**
 * How many milliseconds to wait before attempt number `attempt` (0 is the first) to connect again.
 *
 * There is a ceiling: `firstMs` for attempt 0, twice as much for each attempt after it, but never more
 * than `maxMs`. The wait is anywhere between 0 and the ceiling, wherever `random` says: it returns
 * numbers from 0 up to 1. Devices that were cut off together must not come back together.
 */
export function backoffDelay(
  attempt: number,
  { firstMs, maxMs }: Backoff,
  random: () => number,
): number {
  throw new Todo("backoffDelay");
}

/**
 * Whether it makes sense to connect again after a CONNACK with this reason code.
 *
 * A broker that is busy or not available now may be there in a minute. A wrong password stays wrong, and
 * so does a client id that the broker does not take, or a protocol version that it does not speak. The
 * codes are in section 3.2.2.2 of the specification.
 */
export function mayHeal(reasonCode: number): boolean {
  throw new Todo("mayHeal");
}

/** How a device connects. */
export interface DeviceOptions {
  readonly brokerUrl: string;
  /** Its client id is `prefixed(deviceId)`. */
  readonly deviceId: string;
  readonly login?: { readonly username: string; readonly password: string };
  /** How long the line may be silent before the client asks whether anybody is there, in seconds. */
  readonly keepaliveSeconds: number;
  readonly backoff: Backoff;
  /** Numbers from 0 up to 1, for `backoffDelay`: usually `Math.random`. */
  readonly random: () => number;
  /** Called once when the broker refused the device for good: it will not connect again. */
  readonly onGiveUp: (error: Error) => void;
}

/**
 * Connect a device that lives through broken lines, and return its client at once: the caller attaches
 * its handlers before the first packet can come.
 *
 * - Whatever ends the line, it connects again after `backoffDelay`: attempt 0 after each line that stood,
 *   then 1, 2 and so on. It does so for ever, unless the broker refuses it with a reason that
 *   `mayHeal` says no to. Then it ends, and calls `onGiveUp` with the refusal.
 * - The broker keeps its session for an hour: MQTT 5, no clean start, a Session Expiry Interval of 3600
 *   seconds [MQTT-3.1.2-23].
 * - A line that is silent for one and a half times `keepaliveSeconds` is broken, although nobody said
 *   so; a CONNECT that is not answered in that time too.
 *
 * No error of the client goes unheard, and none ends the process.
 */
export function connectDevice(options: DeviceOptions): MqttClient {
  throw new Todo("connectDevice");
}

/** The reason code of a refusal that the library made an error of; `undefined` for all other errors. */
export function reasonCodeOf(error: Error): number | undefined {
  return "code" in error && typeof error.code === "number" ? error.code : undefined;
}

/**
 * A file with a line of JSON for each value, that survives whatever happens to the process. What
 * `append` or `replace` has returned from is in the file, also when the process is killed right after.
 */
export class Journal<Value> {
  /** The values that the file held when it was opened, oldest first. */
  readonly found: readonly Value[];

  /**
   * Opens the file, or makes it where there is none. A last line without its end was torn when somebody
   * was killed: it never counted, and goes, so that what is appended next is not glued to it.
   *
   * @throws Error in one line, which names the file, when it cannot be read and written, or when another
   *   line is no JSON: then with its number, and the file stays as it is
   */
  constructor(readonly file: string) {
    throw new Todo("Journal");
  }

  /** Add a value behind the others. */
  append(value: Value): void {
    throw new Todo("Journal");
  }

  /** Let the file hold these values and no others. Whoever is killed meanwhile leaves the old or the new. */
  replace(values: readonly Value[]): void {
    throw new Todo("Journal");
  }
}

/** A message that waits to be sent. */
export interface Message {
  /** Its own, for ever: goes along in the user property `message-id`. */
  readonly id: string;
  readonly kind: "reading" | "reply";
  readonly topic: string;
  readonly payload: string;
}

/** What a sender takes messages from. */
export interface MessageStore {
  /** Those that wait, in the order in which they are to be sent. */
  pending(): readonly Message[];
  /** This one is done with. No harm where there is none. */
  remove(id: string): void;
}

/** What a line of the outbox's file says. */
type OutboxLine = { readonly add: Message } | { readonly remove: string };

/**
 * The messages that nobody has acknowledged yet, in memory and in a file, which a later process opens
 * again. No more than `capacity` of them: when one more comes, the oldest reading is dropped, because
 * newer readings are worth more. A reply is never dropped, since somebody waits for it. So when only
 * replies are left, a new reading goes itself, and a new reply is kept beyond the capacity.
 */
export class Outbox implements MessageStore {
  /** How many readings were dropped since this outbox was opened. */
  dropped = 0;

  /**
   * @param file made where there is none
   * @throws RangeError that names the capacity, unless it is a whole number from 1
   * @throws Error in one line when the file is damaged, or cannot be written
   */
  constructor(
    file: string,
    readonly capacity: number,
  ) {
    throw new Todo("Outbox");
  }

  pending(): readonly Message[] {
    throw new Todo("Outbox");
  }

  /** When it returns, the message is in the file. */
  add(message: Message): void {
    throw new Todo("Outbox");
  }

  remove(id: string): void {
    throw new Todo("Outbox");
  }
}

/** The name of the user property that holds a message's own id, as in module 2. */
export const messageIdProperty = "message-id";

/** The properties with which a message goes out. */
export function propertiesOf({ id }: Message) {
  return { userProperties: { [messageIdProperty]: id } };
}

/** How many bytes the PUBLISH of this message takes on the wire, with QoS 1 and `propertiesOf`. */
export function sizeOnWire(message: Message): number {
  const { topic, payload } = message;
  const fields = { cmd: "publish", topic, payload, qos: 1, dup: false, retain: false } as const;
  const packet = { ...fields, messageId: 1, properties: propertiesOf(message) };
  return generate(packet, { protocolVersion: 5 }).length;
}

/**
 * Sends what waits in a store: in order, with QoS 1, each with `propertiesOf` it. A message leaves the
 * store when the broker has acknowledged it, and not before [MQTT-4.3.2-3].
 *
 * The CONNACK says what the broker takes, and the library does not look at it:
 * - no more messages may be unacknowledged at a time than its Receive Maximum says; without one it is
 *   65,535 [MQTT-3.3.4-7];
 * - no packet may be larger than its Maximum Packet Size [MQTT-3.2.2-15]. A message that is larger would
 *   end the line, again and again.
 *
 * While there is no line, nothing is handed to the library: what the store drops meanwhile is not sent.
 * A message that is too large, or that the broker refuses in its PUBACK, will never get through: it
 * leaves the store, `onRefused` is told why, and the next ones go on.
 */
export class Sender {
  constructor(
    readonly client: MqttClient,
    readonly store: MessageStore,
    readonly onRefused: (message: Message, reason: string) => void,
  ) {
    throw new Todo("Sender");
  }

  /** Something was put into the store: send what may be sent now. */
  wake(): void {
    throw new Todo("Sender");
  }

  /** Send nothing more. Resolves when all that is on its way is acknowledged, or the line is gone. */
  stop(): Promise<void> {
    throw new Todo("Sender");
  }
}

/**
 * Subscribe this client to a filter with QoS 1, and call `handle` once for each message that comes, also
 * when it comes again: after a broken line, or in another process. Which ids were handled stands in the
 * file, and is there before the message is acknowledged.
 *
 * The client comes from `connectDevice` in this very turn, so nothing has come yet, and the broker may
 * hold messages for it. When the broker has forgotten its session, the subscription is made again. A
 * message without an id in `messageIdProperty` cannot be recognised: it is handled every time.
 *
 * @param remember how many ids are kept, the newest ones; the file holds no more than a few times that
 */
export function consumeOnce(
  client: MqttClient,
  filter: string,
  file: string,
  handle: (topic: string, payload: Buffer, id: string | undefined) => void,
  remember = 10_000,
): void {
  throw new Todo("consumeOnce");
}

/** A reading as it goes out: with the time at which it was taken, in milliseconds since 1970. */
export interface TimedReading extends Reading {
  readonly takenAt: number;
}

/** Where a device's readings go. */
export function readingTopic(deviceId: string): string {
  return prefixed(`devices/${deviceId}/readings`);
}

/** What a device needs besides its connection. */
export interface PublisherOptions extends DeviceOptions {
  /** Holds its files, and is there. */
  readonly folder: string;
  /** How many messages may wait in its outbox. */
  readonly capacity: number;
  /** Called with each message that will never get through. */
  readonly onRefused: (message: Message, reason: string) => void;
}

/**
 * A device that reports readings. It is started, reports as long as it runs, and is stopped; it can be
 * started again. Its outbox is the file `outbox.jsonl` in its folder: what could not be sent goes out
 * after the next start, whatever ended this one.
 */
export class SensorPublisher {
  constructor(readonly options: PublisherOptions) {}

  /**
   * Open the outbox, connect, and begin to send what waits. Returns the client at once, before the first
   * packet can come.
   *
   * @throws Error in one line when it runs already, or when its outbox cannot be used: then nothing runs
   */
  start(): MqttClient {
    throw new Todo("SensorPublisher");
  }

  /**
   * Report a reading that was taken now, on `readingTopic`: its payload is a `TimedReading` in JSON. When
   * it returns, the reading is safe in the outbox, whether there is a line or not.
   *
   * @throws Error in one line when the device is not started
   */
  report(reading: Reading): void {
    throw new Todo("SensorPublisher");
  }

  /** Send any message by way of the outbox. Throws as `report` does. */
  send(message: Message): void {
    throw new Todo("SensorPublisher");
  }

  /**
   * Leave: politely with a DISCONNECT where there is a line, once what is on its way is acknowledged.
   * Where there is none, or where it breaks meanwhile, leave at once. What was not acknowledged stays in
   * the outbox. Does nothing where nothing runs.
   */
  async stop(): Promise<void> {
    throw new Todo("SensorPublisher");
  }
}

/** Where commands to a device go: anything, with an id in the user property `message-id`. */
export function commandTopic(deviceId: string): string {
  return prefixed(`devices/${deviceId}/commands`);
}

/** Where a device's replies go. */
export function replyTopic(deviceId: string): string {
  return prefixed(`devices/${deviceId}/replies`);
}

/** What a device answers to a command. */
export interface Reply {
  /** The id of the command. */
  readonly to: string;
  /** What it came to, or `undefined` when it failed. */
  readonly result?: string;
  /** Why it failed. */
  readonly error?: string;
}

/**
 * A device that can also be told what to do. It executes each command once, and replies on `replyTopic`
 * with a `Reply` in JSON, by way of its outbox. Which commands were executed stands in the file
 * `handled.jsonl` in its folder.
 */
export class DeviceController {
  /** Its readings go this way. It is started and stopped by the controller. */
  readonly sensor: SensorPublisher;

  /** @param execute returns the result, or throws: then the message of the error is the reply */
  constructor(
    readonly options: PublisherOptions,
    readonly execute: (command: string) => string,
  ) {
    this.sensor = new SensorPublisher(options);
  }

  /** Start the sensor, and listen on `commandTopic`. Throws as the sensor's `start` does. */
  start(): void {
    throw new Todo("DeviceController");
  }

  /** As the sensor's `stop`. */
  async stop(): Promise<void> {
    throw new Todo("DeviceController");
  }
}

/** What the demonstration's devices have in common. */
function optionsFor(demo: Demo, deviceId: string, folder: string): PublisherOptions {
  return {
    brokerUrl: demo.brokerUrl,
    deviceId,
    folder,
    capacity: 2000,
    keepaliveSeconds: 1,
    backoff: { firstMs: 20, maxMs: 500 },
    random: Math.random,
    onGiveUp: (error) => console.log(`${deviceId} gives up: ${error.message}`),
    onRefused: ({ id }, reason) => console.log(`${deviceId} leaves out ${id}: ${reason}`),
  };
}

const temperature = (value: number): Reading => {
  return { kind: "temperature", room: "greenhouse", value, unit: "°C" };
};

/** A greenhouse far away: its line is bad, and everything that can happen to it happens. */
export async function main(demo: Demo): Promise<void> {
  const folder = demo.folder();
  showBackoff();
  await showOutbox(demo, folder);
  await showSilence(demo, folder);
  await showCommand(demo, folder);
  await showLimits(demo);
  await showSurvival(demo, folder);
}

function showBackoff(): void {
  const backoff = { firstMs: 1000, maxMs: 60_000 };
  const random = seededRandom(1);
  console.log("\nHow long three devices wait before each attempt, in seconds:");
  for (const device of ["first", "second", "third"]) {
    const waits = Array.from({ length: 8 }, (_, attempt) =>
      (backoffDelay(attempt, backoff, random) / 1000).toFixed(1).padStart(5),
    );
    console.log(`  ${device.padEnd(7)}${waits.join(" ")}`);
  }
  const codes = [134, 135, 136, 137];
  const healing = codes.filter((code) => mayHeal(code));
  console.log(`Of the refusals ${codes.join(", ")} these may heal: ${healing.join(", ")}`);
}

async function showOutbox(demo: Demo, folder: string): Promise<void> {
  const greenhouse = new SensorPublisher(optionsFor(demo, "greenhouse", folder));
  demo.faults.refuseNextConnection();
  demo.faults.refuseNextConnection();
  const client = greenhouse.start();
  for (const value of [19, 20]) greenhouse.report(temperature(value));
  await packetsFrom(client, "puback", 2);
  await greenhouse.stop();
  demo.showWire("Two readings that were taken while there was no line");
}

async function showSilence(demo: Demo, folder: string): Promise<void> {
  const greenhouse = new SensorPublisher(optionsFor(demo, "greenhouse", folder));
  const frozen = demo.faults.arm({ do: "freeze" }, ({ type }) => type === "puback");
  const client = greenhouse.start();
  greenhouse.report(temperature(21));
  await packetsFrom(client, "puback", 1);
  frozen.release();
  await greenhouse.stop();
  demo.showWire("The line goes silent, and no side is told. The keepalive finds it out");
}

async function showCommand(demo: Demo, folder: string): Promise<void> {
  const executed: string[] = [];
  let isDone = () => {};
  const done = new Promise<void>((resolve) => {
    isDone = resolve;
  });
  const window = new DeviceController(optionsFor(demo, "window", folder), (command) => {
    executed.push(command);
    if (executed.length === 2) isDone();
    return `done, ${executed.length} commands so far`;
  });
  window.start();
  const person = await connectAsync(demo.brokerUrl, {
    clientId: prefixed("person"),
    protocolVersion: 5,
  });
  await person.subscribeAsync(replyTopic("window"), { qos: 1 });
  demo.faults.arm(
    { do: "cut", when: "before" },
    ({ type, connection }) => type === "puback" && connection.clientId === prefixed("window"),
  );
  for (const command of ["open", "close"]) {
    const properties = { userProperties: { [messageIdProperty]: randomUUID() } };
    await person.publishAsync(commandTopic("window"), command, { qos: 1, properties });
  }
  await done;
  await window.stop();
  await person.endAsync();
  demo.showWire("A command whose acknowledgement is lost comes twice");
  console.log(`\nthe window executed: ${executed.join(", ")}`);
}

async function showLimits({ brokerUrl }: Demo): Promise<void> {
  const messages = Array.from({ length: 100 }, (_, number): Message => {
    const topic = readingTopic("greenhouse");
    return { id: `limit-${number}`, kind: "reading", topic, payload: `${number}` };
  });
  const clientId = prefixed("greenhouse");
  const client = await connectAsync(brokerUrl, { clientId, protocolVersion: 5 });
  const { receiveMaximum = 65_535 } = client.serverProperties ?? {};
  const mostOf = async (send: () => void) => {
    let [most, unacknowledged] = [0, 0];
    const onSend = () => {
      unacknowledged++;
      most = Math.max(most, unacknowledged);
    };
    const onReceive = () => unacknowledged--;
    const all = packetsFrom(client, "puback", messages.length);
    client.on("packetsend", onSend).on("packetreceive", onReceive);
    send();
    await all;
    client.off("packetsend", onSend).off("packetreceive", onReceive);
    return most;
  };
  const byLibrary = await mostOf(() => {
    for (const { topic, payload } of messages) client.publish(topic, payload, { qos: 1 });
  });
  const waiting = new Map(messages.map((message) => [message.id, message]));
  const store = {
    pending: () => [...waiting.values()],
    remove: (id: string) => waiting.delete(id),
  };
  const bySender = await mostOf(() => new Sender(client, store, () => {}).wake());
  await client.endAsync();
  console.log(`\nThe broker takes ${receiveMaximum} unacknowledged messages at a time.`);
  console.log(`Of 100, the library has up to ${byLibrary} on their way, the sender ${bySender}.`);
}

/** 1,000 readings through 20 faults. Another seed makes other faults. */
async function showSurvival(demo: Demo, folder: string): Promise<void> {
  const readings = 1000;
  const rounds = 20;
  const random = seededRandom(6);
  const handled = new Map<number, number>();
  const consumer = connectDevice(optionsFor(demo, "archive", folder));
  let news = () => {};
  consumeOnce(consumer, readingTopic("field"), join(folder, "archive.jsonl"), (_topic, payload) => {
    const { value } = JSON.parse(payload.toString()) as TimedReading;
    handled.set(value, (handled.get(value) ?? 0) + 1);
    news();
  });
  await packetsFrom(consumer, "suback", 1);
  const field = new SensorPublisher(optionsFor(demo, "field", folder));
  field.start();
  const struck = { cut: 0, freeze: 0, refuse: 0 };
  for (let round = 0; round < rounds; round++) {
    struck[armAny(demo, random)]++;
    for (let number = 0; number < readings / rounds; number++) {
      field.report(temperature(handled.size + number));
    }
    while (handled.size < ((round + 1) * readings) / rounds) {
      await new Promise<void>((resolve) => {
        news = resolve;
      });
    }
    await field.stop();
    field.start();
  }
  await field.stop();
  await consumer.endAsync();
  const twice = [...handled.values()].filter((times) => times > 1).length;
  const faults = `${struck.cut} cut, ${struck.refuse} refused, ${struck.freeze} frozen lines`;
  console.log(`\n${readings} readings through ${rounds} faults (${faults}) and as many restarts:`);
  console.log(`${readings - handled.size} were lost, ${twice} were handled twice.`);
}

/** Arm a fault for one of the next packets, and say of which kind. */
function armAny({ faults }: Demo, random: () => number): "cut" | "freeze" | "refuse" {
  const among = <T>(choices: readonly [T, ...T[]]) =>
    choices[Math.floor(random() * choices.length)] ?? choices[0];
  const kind = among([
    "cut",
    "cut",
    "cut",
    "cut",
    "cut",
    "cut",
    "cut",
    "refuse",
    "freeze",
  ] as const);
  const type = among(["publish", "puback"] as const);
  const clientId = prefixed(among(["field", "archive"] as const));
  const when = among(["before", "after"] as const);
  let left = Math.floor(random() * 50);
  // A connection to refuse is only made when a line has broken.
  if (kind === "refuse") faults.refuseNextConnection();
  faults.arm(
    kind === "freeze" ? { do: "freeze" } : { do: "cut", when },
    (frame) => frame.type === type && frame.connection.clientId === clientId && left-- === 0,
  );
  return kind;
}

/** Resolves when so many packets of this type have come to this client. */
function packetsFrom(client: MqttClient, type: string, count: number): Promise<void> {
  return new Promise((resolve) => {
    const onReceive = ({ cmd }: { cmd: string }) => {
      if (cmd !== type || --count > 0) return;
      client.off("packetreceive", onReceive);
      resolve();
    };
    client.on("packetreceive", onReceive);
  });
}

await runScript(import.meta.url, main);
