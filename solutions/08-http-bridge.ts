/**
 * Lab 8: MQTT behind HTTP.
 *
 * HTTP is request and response, MQTT a stream of events. Here you write what joins the two: an HTTP
 * service and an MQTT worker, two processes that meet in a database. Either may be killed at any moment,
 * the broker may be away, the database locked: no command is lost, and none is done twice.
 *
 * The lesson is beside this file: exercises/08-http-bridge.md
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect, connectAsync, type IPublishPacket, type MqttClient } from "mqtt";
import { connectSimulatedDevice } from "../workbook/bridge/device.ts";
import type {
  CommandAnswer,
  CommandRequest,
  ReadingsPage,
} from "../workbook/bridge/http-service.ts";
import {
  type BridgeProcess,
  type ProcessOptions,
  startProcess,
} from "../workbook/bridge/process.ts";
import { openStore } from "../workbook/bridge/sqlite-store.ts";
import type { Command, Store, StoreEvent } from "../workbook/bridge/store.ts";
import { partsOf, topicOf } from "../workbook/bridge/topics.ts";
import { type Demo, runScript } from "../workbook/script.ts";
import { isReading, prefixed, type Reading } from "../workbook/telemetry.ts";

/**
 * Accept a command that came by HTTP: `POST /devices/:deviceId/commands`. It is stored, not done.
 *
 * - 202 Accepted, with the command and where its state can be read, `/commands/` and its id, as soon as
 *   the store has it. When the same request comes again, under the same key, the answer is the same, and
 *   the command is stored once.
 * - 422 when the key stands for another request: another device, or another text.
 * - 400 when the device's id would not be one level of a topic: when it is empty, or holds `/`, a
 *   wildcard (`+`, `#`) [MQTT-3.3.2-2] or the character U+0000 [MQTT-4.7.3-2].
 *
 * With 422 and 400 goes the problem, in words for whoever asked.
 */
export async function acceptCommand(store: Store, request: CommandRequest): Promise<CommandAnswer> {
  // #region answer
  if (request.deviceId === "" || /[/+#\0]/.test(request.deviceId)) {
    return { status: 400, problem: "a device's id holds no /, + or #" };
  }
  const command = await store.addCommand({ id: randomUUID(), ...request });
  if (command.deviceId !== request.deviceId || command.text !== request.text) {
    return { status: 422, problem: "this key was used for another command" };
  }
  return { status: 202, location: `/commands/${command.id}`, command };
  // #endregion
}

/** The name of the user property that holds a message's own id, as in lab 6. */
export const messageIdProperty = "message-id";

/** The properties with which a command goes out. */
export function propertiesOf({ id, deviceId }: Command) {
  return {
    responseTopic: topicOf(deviceId, "replies"),
    correlationData: Buffer.from(id),
    userProperties: { [messageIdProperty]: id },
  };
}

/**
 * Publishes what waits in the store: its text on the device's topic `commands`, oldest first, with QoS 1
 * and `propertiesOf` it. The store hears of each PUBACK, and not before it has come: acknowledged, or
 * refused with the reason where the broker says that it will not take it (a reason code from 128)
 * [MQTT-4.3.2-3].
 *
 * Before it publishes a command, it claims it, so that other workers leave it alone. It claims as many as
 * it can publish now, and no more: none while there is no line, and never more than may be without a
 * PUBACK, which the CONNACK's Receive Maximum says, or else 65,535 [MQTT-3.3.4-7]. A command whose
 * acknowledgement is not in the store yet still counts.
 */
export class CommandSender {
  // #region helper
  readonly #unwatch: () => void;
  /** How many are on their way, or acknowledged and not recorded yet. */
  #sending = 0;
  /** How many of them the store is being told of. */
  #recording = 0;
  #isStopped = false;
  #isClaiming = false;
  #hasNews = false;
  #changed = () => {};
  // #endregion

  /** From here on it looks whenever the store changes or a line stands. */
  constructor(
    readonly client: MqttClient,
    readonly store: Store,
    readonly worker: string,
  ) {
    // #region answer
    this.#unwatch = store.watch(() => this.#wake());
    client.on("connect", () => this.#wake());
    this.#wake();
    // #endregion
  }

  /**
   * Claim nothing more. Resolves when all that was claimed is acknowledged, and the store knows; without a
   * line, or when it breaks, as soon as the store knows what was acknowledged before.
   */
  async drain(): Promise<void> {
    // #region answer
    this.#isStopped = true;
    this.#unwatch();
    this.client.once("close", () => this.#changed());
    while (
      this.#isClaiming ||
      this.#recording > 0 ||
      (this.#sending > 0 && this.client.connected)
    ) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    // #endregion
  }

  // #region helper
  #wake(): void {
    this.#hasNews = true;
    if (!this.#isClaiming) void this.#claim();
  }

  async #claim(): Promise<void> {
    this.#isClaiming = true;
    while (this.#hasNews && !this.#isStopped && this.client.connected) {
      this.#hasNews = false;
      const { receiveMaximum = 65_535 } = this.client.serverProperties ?? {};
      const room = receiveMaximum - this.#sending;
      if (room <= 0) break;
      for (const command of await this.store.claimCommands(this.worker, room)) this.#send(command);
    }
    this.#isClaiming = false;
    this.#changed();
  }

  #send(command: Command): void {
    this.#sending++;
    const { deviceId, text } = command;
    const options = { qos: 1, properties: propertiesOf(command) } as const;
    this.client.publish(topicOf(deviceId, "commands"), text, options, async (error) => {
      this.#recording++;
      // Any other error means that it was not sent: its claim is given back, or runs out.
      if (error === null || error === undefined) await this.store.commandAcknowledged(command.id);
      else if (isRefusal(error)) await this.store.commandRefused(command.id, error.message);
      this.#recording--;
      this.#sending--;
      this.#changed();
      this.#wake();
    });
  }
  // #endregion
}

/** Whether the library made this error of a reason code that came from the broker. */
export function isRefusal(error: Error): boolean {
  return "code" in error && typeof error.code === "number" && error.code >= 128;
}

/**
 * A message on a device's topic `replies`: give the store the payload, as text, for the command that its
 * Correlation Data names. Only the device that was asked may reply, and the topic says who it is.
 *
 * What has no Correlation Data is no reply: it is passed over.
 */
export async function takeReply(store: Store, packet: IPublishPacket): Promise<void> {
  // #region answer
  const id = packet.properties?.correlationData?.toString();
  const deviceId = partsOf(packet.topic)?.deviceId;
  if (id === undefined || deviceId === undefined) return;
  await store.commandReplied(id, deviceId, packet.payload.toString());
  // #endregion
}

/**
 * A message on a device's topic `readings`: add the reading to the store. The topic says whose it is, and
 * the user property `message-id` which message; the store knows what it has. A message without an id is
 * added each time.
 *
 * What is no reading in JSON (`isReading`) is passed over: it would be none the next time either.
 */
export async function takeReading(store: Store, packet: IPublishPacket): Promise<void> {
  // #region answer
  const deviceId = partsOf(packet.topic)?.deviceId;
  const reading = parsed(packet.payload.toString());
  if (deviceId === undefined || !isReading(reading)) return;
  const messageId = packet.properties?.userProperties?.[messageIdProperty]?.toString();
  await store.addReading({ messageId, deviceId, reading });
  // #endregion
}

// #region helper
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
// #endregion

/**
 * A message on a device's topic `status`: tell the store whether the device is online. It says `online`
 * or `offline`, retained; an empty message means that the broker keeps nothing any more, and the store
 * shall forget the device. Anything else is passed over.
 */
export async function takePresence(store: Store, packet: IPublishPacket): Promise<void> {
  // #region answer
  const deviceId = partsOf(packet.topic)?.deviceId;
  const status = packet.payload.toString();
  if (deviceId === undefined) return;
  if (status === "online" || status === "offline") await store.setPresence(deviceId, status);
  else if (status === "") await store.setPresence(deviceId, undefined);
  // #endregion
}

/**
 * A page of a device's readings, oldest first: `GET /devices/:deviceId/readings`. At most `limit` of them,
 * behind the place `since`; 0 is before the first. `next` is where the next page begins: who asks again and
 * again with it gets each reading once, also those that come later.
 */
export async function readingsPage(
  store: Store,
  deviceId: string,
  since: number,
  limit: number,
): Promise<ReadingsPage> {
  // #region answer
  const readings = await store.readingsBehind(since, deviceId, limit);
  return { readings, next: readings.at(-1)?.place ?? since };
  // #endregion
}

/** An event in the format of server-sent events: its id, its type, its data in JSON, an empty line. */
export function formatEvent({ id, type, data }: StoreEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * Write the store's events as they happen, each once, in order, with `formatEvent`: `GET /events`. It
 * begins behind `lastEventId`, the last one that the reader has seen on an earlier connection; without one
 * with what happens from now on. It resolves when the signal is aborted, and leaves nothing behind that
 * watches the store.
 *
 * @param write resolves when the reader can take more
 */
export async function streamEvents(
  store: Store,
  lastEventId: number | undefined,
  write: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  // #region answer
  let hasNews = true;
  let wake = () => {};
  const onNews = () => {
    hasNews = true;
    wake();
  };
  const unwatch = store.watch(onNews);
  signal.addEventListener("abort", onNews);
  try {
    let last = lastEventId ?? (await store.lastEventId());
    while (!signal.aborted) {
      hasNews = false;
      for (const event of await store.eventsBehind(last, 100)) {
        await write(formatEvent(event));
        last = event.id;
        hasNews = true;
      }
      if (hasNews || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    unwatch();
  }
  // #endregion
}

export interface WorkerOptions {
  readonly brokerUrl: string;
  /** Its own among all workers: its client id is `prefixed` of it. */
  readonly name: string;
  readonly store: Store;
}

/**
 * The MQTT side of the bridge: it publishes what waits in the store, and puts into the store what devices
 * say on their topics `replies`, `readings` and `status`.
 *
 * - The broker keeps its session for an hour: MQTT 5, no clean start, a Session Expiry Interval of 3600
 *   seconds [MQTT-3.1.2-23]. So what comes while it is away waits for it.
 * - A message is acknowledged when the store has it, and not before [MQTT-4.3.2-4].
 * - It connects again for ever, with a second between attempts at most.
 */
export class BridgeWorker {
  // #region helper
  #running: { readonly client: MqttClient; readonly sender: CommandSender } | undefined;
  /** The message that goes into the store now. */
  #taking: Promise<void> = Promise.resolve();
  // #endregion

  constructor(readonly options: WorkerOptions) {}

  /**
   * Begin. What an earlier process of this name had claimed, and did not live to see acknowledged, is
   * published once more. Resolves without waiting for the broker, which may be away.
   */
  async start(): Promise<void> {
    // #region answer
    const { brokerUrl, name, store } = this.options;
    await store.releaseClaims(name);
    const client = connect(brokerUrl, {
      clientId: prefixed(name),
      protocolVersion: 5,
      clean: false,
      properties: { sessionExpiryInterval: 3600 },
      reconnectPeriod: 200,
      reconnectOnConnackError: true,
    });
    client.on("error", () => {});
    client.handleMessage = (packet, done) => {
      this.#taking = this.#take(packet);
      this.#taking.then(() => done(), done);
    };
    const filters = (["replies", "readings", "status"] as const).map((what) => topicOf("+", what));
    client.subscribe(filters, { qos: 1 });
    this.#running = { client, sender: new CommandSender(client, store, name) };
    // #endregion
  }

  /**
   * Finish what was begun, claim nothing new, and leave: politely with a DISCONNECT where there is a line.
   * When it resolves, the store may be closed.
   */
  async stop(): Promise<void> {
    // #region answer
    if (this.#running === undefined) return;
    const { client, sender } = this.#running;
    this.#running = undefined;
    await sender.drain();
    const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
    if (client.connected) await Promise.race([client.endAsync(), closed]);
    else await client.endAsync(true);
    await this.#taking;
    // #endregion
  }

  // #region helper
  async #take(packet: IPublishPacket): Promise<void> {
    const { store } = this.options;
    const what = partsOf(packet.topic)?.what;
    if (what === "replies") await takeReply(store, packet);
    if (what === "readings") await takeReading(store, packet);
    if (what === "status") await takePresence(store, packet);
  }
  // #endregion
}

const temperature = (value: number): Reading => {
  return { kind: "temperature", room: "greenhouse", value, unit: "°C" };
};

/** A greenhouse with a window, and people who know HTTP and no MQTT. */
export async function main(demo: Demo): Promise<void> {
  const folder = demo.folder();
  const processes: BridgeProcess[] = [];
  const start: Start = (role, name, database) => {
    const answers = fileURLToPath(import.meta.url);
    const started = startProcess({ role, answers, database, brokerUrl: demo.brokerUrl, name });
    processes.push(started);
    return started;
  };
  try {
    await showAllInOne(demo, join(folder, "all-in-one.db"), start);
    await showBridge(demo, join(folder, "bridge.db"), start);
    await showSpeed(demo, join(folder, "speed.db"), start);
  } finally {
    for (const each of processes) each.kill();
    await Promise.all(processes.map(({ gone }) => gone));
  }
}

type Start = (role: ProcessOptions["role"], name: string, database: string) => BridgeProcess;

async function showAllInOne(demo: Demo, database: string, start: Start): Promise<void> {
  const four = ["1", "2", "3", "4"].map((name) => start("all-in-one", name, database));
  await Promise.all(four.map(({ ready }) => ready));
  const store = await openStore(database);
  const sensor = await connectSimulatedDevice(demo.brokerUrl, "sensor");
  await sensor.report(temperature(21));
  const rows = () => store.readingsBehind(0, "sensor", 100);
  await until(store, async () => (await rows()).length === 4);
  demo.showWire("HTTP and MQTT in one process, and four of them: one reading, four copies");
  await Promise.all(four.map((one) => one.stop()));
  await sensor.report(temperature(22));
  const again = start("all-in-one", "1", database);
  await again.ready;
  await sensor.report(temperature(23));
  await until(store, async () => (await rows()).length === 5);
  await again.stop();
  const values = (await rows()).map(({ reading }) => reading.value);
  await sensor.leave();
  await store.close();
  demo.showWire("They are restarted. What comes meanwhile has no subscriber");
  console.log("\nThe sensor measured 21, then 22 while the web processes were restarted, then 23.");
  console.log(`In the database is: ${values.join(", ")}`);
}

async function showBridge(demo: Demo, database: string, start: Start): Promise<void> {
  const store = await openStore(database);
  const worker = start("worker", "bridge", database);
  await worker.ready;
  const services = ["1", "2"].map((name) => start("service", name, database));
  const [first = "", second = ""] = await Promise.all(services.map(({ ready }) => ready));
  const window = await connectSimulatedDevice(demo.brokerUrl, "window");
  await window.report(temperature(21));
  const accepted = await post(first, "window", "key-1", "open");
  const location = accepted.headers.get("location");
  await post(second, "window", "key-1", "open");
  const isReplied = async (path: string | null) => {
    const response = await fetch(`${second}${path}`);
    return ((await response.json()) as Command).state === "replied";
  };
  await until(store, () => isReplied(location));
  demo.showWire("Two HTTP services and one worker: one command, asked for twice");
  const rows = await store.readingsBehind(0, "window", 100);
  console.log(`\nPOST answered ${accepted.status}, location ${location}`);
  console.log(`The window did: ${window.done.join(", ")}. Rows of its one reading: ${rows.length}`);

  const bridgeId = prefixed("bridge");
  demo.faults.arm(
    { do: "cut", when: "before" },
    ({ type, direction, connection }) =>
      type === "puback" && direction === "to-client" && connection.clientId === bridgeId,
    () => worker.kill(),
  );
  const late = await post(second, "window", "key-2", "close");
  await worker.gone;
  const next = start("worker", "bridge", database);
  await until(store, () => isReplied(late.headers.get("location")));
  demo.showWire("The worker is killed before it hears the PUBACK, and the next one goes on");
  console.log(`\nThe window did: ${window.done.join(", ")}`);
  await Promise.all([next, ...services].map((one) => one.stop()));
  await window.leave();
  await store.close();
}

/** How much speed the bridge costs, beside the same without it, in one run. */
async function showSpeed({ brokerUrl }: Demo, database: string, start: Start): Promise<void> {
  const count = 500;
  const numbers = Array.from({ length: count }, (_, number) => number);
  const store = await openStore(database);
  const worker = new BridgeWorker({ brokerUrl, name: "bridge", store });
  await worker.start();
  const service = start("service", "1", database);
  const url = (await service.ready) ?? "";
  const client = await connectAsync(brokerUrl, { clientId: prefixed("quick"), protocolVersion: 5 });
  const bareCommands = await perSecond(count, () => {
    const topic = topicOf("quick", "commands");
    return Promise.all(
      numbers.map((number) => client.publishAsync(topic, `${number}`, { qos: 1 })),
    );
  });
  const commands = await perSecond(count, async () => {
    // As many clients as a web server has connections from a busy proxy.
    const lane = async (first: number) => {
      for (let number = first; number < count; number += 20) {
        await post(url, "quick", `${number}`, `${number}`);
      }
    };
    await Promise.all(numbers.slice(0, 20).map(lane));
    await until(store, async () => (await store.lastEventId()) === 2 * count);
  });
  const rowOf = (value: number) =>
    ({ messageId: `${value}`, deviceId: "bare", reading: temperature(value) }) as const;
  const bareRows = await perSecond(count, () =>
    Promise.all(numbers.map((value) => store.addReading(rowOf(value)))),
  );
  const rows = await perSecond(count, async () => {
    for (const value of numbers) {
      const properties = { userProperties: { [messageIdProperty]: `${value}` } };
      const payload = JSON.stringify(temperature(value));
      client.publish(topicOf("quick", "readings"), payload, { qos: 1, properties });
    }
    await until(store, async () => (await store.lastEventId()) === 4 * count);
  });
  await client.endAsync();
  await service.stop();
  await worker.stop();
  await store.close();
  const tell = (what: string, part: number, alone: string, whole: number) => {
    const share = `${Math.round((100 * part) / whole)} % of ${alone}`;
    console.log(`  ${what}: ${part.toFixed(0)} a second, ${share} (${whole.toFixed(0)})`);
  };
  console.log(`\n${count} of each, all processes on this machine:`);
  tell("commands from POST to PUBACK", commands, "PUBLISHes alone", bareCommands);
  tell("readings from PUBLISH to row", rows, "rows alone", bareRows);
}

function post(url: string, deviceId: string, key: string, text: string): Promise<Response> {
  return fetch(`${url}/devices/${deviceId}/commands`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify({ text }),
  });
}

async function perSecond(count: number, run: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await run();
  return (1000 * count) / (performance.now() - begun);
}

/** Resolves when this is so, looking again after each change in the store. */
async function until(store: Store, isSo: () => Promise<boolean>): Promise<void> {
  let wake = () => {};
  const unwatch = store.watch(() => wake());
  for (;;) {
    const changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (await isSo()) break;
    await changed;
  }
  unwatch();
}

await runScript(import.meta.url, main);
