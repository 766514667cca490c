// Connects again by timers of its own, keeps its messages in lists, and waits for promises.
import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { connect, type IPublishPacket, type MqttClient } from "mqtt";
import {
  type Backoff,
  commandTopic,
  type DeviceOptions,
  type Message,
  type MessageStore,
  messageIdProperty,
  type PublisherOptions,
  propertiesOf,
  type Reply,
  readingTopic,
  reasonCodeOf,
  replyTopic,
  sizeOnWire,
} from "../../../solutions/06-resilient-device.ts";
import { prefixed, type Reading } from "../../../workbook/telemetry.ts";

export { sizeOnWire };

export function backoffDelay(attempt: number, { firstMs, maxMs }: Backoff, random: () => number) {
  let ceiling = firstMs;
  for (let doubled = 0; doubled < attempt && ceiling < maxMs; doubled++) ceiling *= 2;
  return Math.min(ceiling, maxMs) * random();
}

export function mayHeal(reasonCode: number): boolean {
  switch (reasonCode) {
    case 0x88:
    case 0x89:
    case 0x97:
    case 0x9f:
      return true;
    default:
      return false;
  }
}

export function connectDevice(options: DeviceOptions): MqttClient {
  let attempt = 0;
  let timer: NodeJS.Timeout | undefined;
  const client = connect(options.brokerUrl, {
    ...options.login,
    clientId: prefixed(options.deviceId),
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 60 * 60 },
    keepalive: options.keepaliveSeconds,
    connectTimeout: options.keepaliveSeconds * 1500,
    // The library shall leave it to us, and clear up behind a refusal all the same.
    reconnectPeriod: 0,
    reconnectOnConnackError: true,
  });
  client.on("connect", () => {
    attempt = 0;
  });
  let hasEnded = false;
  client.on("close", () => {
    if (client.disconnecting || hasEnded) return;
    clearTimeout(timer);
    const wait = backoffDelay(attempt, options.backoff, options.random);
    attempt += 1;
    // With what is on its way: without its stores the library would forget it.
    const { incomingStore, outgoingStore } = client;
    timer = setTimeout(() => client.reconnect({ incomingStore, outgoingStore }), wait);
  });
  client.on("end", () => {
    hasEnded = true;
    clearTimeout(timer);
  });
  client.on("error", (error) => {
    const code = client.connected ? undefined : reasonCodeOf(error);
    if (code === undefined || mayHeal(code)) return;
    client.end(true, () => options.onGiveUp(error));
  });
  return client;
}

export class Journal<Value> {
  readonly found: readonly Value[];

  constructor(readonly file: string) {
    const values: Value[] = [];
    let descriptor: number;
    try {
      descriptor = openSync(file, existsSync(file) ? "r+" : "w+");
    } catch (error) {
      throw new Error(`${file} cannot be used: ${(error as Error).message}`);
    }
    try {
      const bytes = readFileSync(descriptor);
      let start = 0;
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
        values.push(this.parse(bytes.toString("utf8", start, end), values.length + 1));
        start = end + 1;
      }
      if (start < bytes.length) ftruncateSync(descriptor, start);
    } finally {
      closeSync(descriptor);
    }
    this.found = values;
  }

  append(value: Value): void {
    const descriptor = openSync(this.file, "a");
    try {
      writeSync(descriptor, `${JSON.stringify(value)}\n`);
    } finally {
      closeSync(descriptor);
    }
  }

  replace(values: readonly Value[]): void {
    const lines: string[] = [];
    for (const value of values) lines.push(JSON.stringify(value), "\n");
    writeFileSync(`${this.file}~`, lines.join(""));
    renameSync(`${this.file}~`, this.file);
  }

  private parse(line: string, number: number): Value {
    try {
      return JSON.parse(line);
    } catch {
      throw new Error(`line ${number} of ${this.file}:${number} is damaged`);
    }
  }
}

/** Whole lists instead of changes: the last line of the file says all. */
export class Outbox implements MessageStore {
  dropped = 0;
  private readonly journal: Journal<readonly Message[]>;
  private messages: readonly Message[];
  private lines: number;

  constructor(
    file: string,
    readonly capacity: number,
  ) {
    if (capacity < 1 || capacity !== Math.trunc(capacity) || !Number.isFinite(capacity)) {
      throw new RangeError(`${capacity} is no capacity: 1, 2, 3 and so on are`);
    }
    this.journal = new Journal(file);
    this.messages = this.journal.found.at(-1) ?? [];
    this.lines = this.journal.found.length;
  }

  pending(): readonly Message[] {
    return this.messages;
  }

  add(message: Message): void {
    let next = [...this.messages, message];
    while (next.length > this.capacity) {
      const oldest = next.find(({ kind }) => kind === "reading");
      if (oldest === undefined) break;
      next = next.filter((each) => each !== oldest);
      this.dropped += 1;
    }
    this.become(next);
  }

  remove(id: string): void {
    const next = this.messages.filter((each) => each.id !== id);
    if (next.length < this.messages.length) this.become(next);
  }

  private become(next: readonly Message[]): void {
    this.messages = next;
    // A list in one line grows fast: no more than one of them is ever kept behind the newest.
    if (this.lines >= 2) {
      this.journal.replace([next]);
      this.lines = 1;
    } else {
      this.journal.append(next);
      this.lines += 1;
    }
  }
}

export class Sender {
  private readonly underway = new Map<string, Promise<void>>();
  private stopping = false;

  constructor(
    readonly client: MqttClient,
    readonly store: MessageStore,
    readonly onRefused: (message: Message, reason: string) => void,
  ) {
    client.on("connect", () => this.wake());
  }

  wake(): void {
    while (!this.stopping && this.client.connected) {
      const { receiveMaximum = 2 ** 16 - 1, maximumPacketSize = Infinity } =
        this.client.serverProperties ?? {};
      if (this.underway.size >= receiveMaximum) return;
      const next = this.store.pending().find(({ id }) => !this.underway.has(id));
      if (next === undefined) return;
      if (sizeOnWire(next) > maximumPacketSize) {
        this.refuse(next, `it is larger than ${maximumPacketSize} bytes`);
      } else {
        this.underway.set(next.id, this.deliver(next));
      }
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    let hangUp = () => {};
    const gone = new Promise<void>((resolve) => {
      hangUp = resolve;
    });
    this.client.once("close", hangUp);
    while (this.underway.size > 0 && this.client.connected) {
      await Promise.race([...this.underway.values(), gone]);
    }
    this.client.off("close", hangUp);
  }

  private async deliver(message: Message): Promise<void> {
    const { topic, payload } = message;
    let refusal: Error | undefined;
    let isDone = true;
    try {
      await this.client.publishAsync(topic, payload, { qos: 1, properties: propertiesOf(message) });
    } catch (error) {
      refusal = error as Error;
      isDone = reasonCodeOf(refusal) !== undefined;
    }
    this.underway.delete(message.id);
    if (isDone && refusal !== undefined) this.refuse(message, refusal.message);
    else if (isDone) this.store.remove(message.id);
    this.wake();
  }

  private refuse(message: Message, reason: string): void {
    this.store.remove(message.id);
    this.onRefused(message, reason);
  }
}

/** At the library's other door: a message is acknowledged when `handleMessage` calls back. */
export function consumeOnce(
  client: MqttClient,
  filter: string,
  file: string,
  handle: (topic: string, payload: Buffer, id: string | undefined) => void,
  remember = 10_000,
): void {
  const journal = new Journal<string>(file);
  let known = journal.found.slice(-remember);
  let lines = journal.found.length;
  const take = ({ topic, payload, properties }: IPublishPacket) => {
    const id = properties?.userProperties?.[messageIdProperty];
    if (typeof id !== "string") return handle(topic, payload as Buffer, undefined);
    if (known.includes(id)) return;
    handle(topic, payload as Buffer, id);
    known = [...known, id].slice(-remember);
    if (lines > 3 * remember) {
      journal.replace(known);
      lines = known.length;
    } else {
      journal.append(id);
      lines += 1;
    }
  };
  client.handleMessage = (packet, acknowledge) => {
    take(packet);
    acknowledge();
  };
  client.subscribeAsync({ [filter]: { qos: 1 } }).catch(() => {});
}

export class SensorPublisher {
  private client: MqttClient | undefined;
  private outbox: Outbox | undefined;
  private sender: Sender | undefined;

  constructor(readonly options: PublisherOptions) {}

  start(): MqttClient {
    if (this.client !== undefined) throw new Error("it is running");
    this.outbox = new Outbox(join(this.options.folder, "outbox.jsonl"), this.options.capacity);
    this.client = connectDevice(this.options);
    this.sender = new Sender(this.client, this.outbox, this.options.onRefused);
    return this.client;
  }

  report({ kind, room, value, unit }: Reading): void {
    const takenAt = Date.now();
    const payload = JSON.stringify({ takenAt, kind, room, value, unit });
    const topic = readingTopic(this.options.deviceId);
    this.send({ id: `${this.options.deviceId}-${randomUUID()}`, kind: "reading", topic, payload });
  }

  send(message: Message): void {
    if (this.outbox === undefined) throw new Error("it is not running");
    this.outbox.add(message);
    this.sender?.wake();
  }

  async stop(): Promise<void> {
    const { client, sender } = this;
    if (client === undefined || sender === undefined) return;
    await sender.stop();
    await new Promise<void>((resolve) => {
      client.once("close", () => resolve());
      client.end(!client.connected, () => resolve());
    });
    if (this.client !== client) return;
    this.client = undefined;
    this.outbox = undefined;
    this.sender = undefined;
  }
}

export class DeviceController extends SensorPublisher {
  // Its own sensor: what is asked of that is asked of the controller.
  readonly sensor = this;

  constructor(
    options: PublisherOptions,
    readonly execute: (command: string) => string,
  ) {
    super(options);
  }

  override start(): MqttClient {
    const client = super.start();
    const { deviceId, folder } = this.options;
    try {
      consumeOnce(client, commandTopic(deviceId), join(folder, "handled.jsonl"), (_, payload, id) =>
        this.reply(id ?? "", String(payload)),
      );
    } catch (error) {
      this.stop();
      throw error;
    }
    return client;
  }

  private reply(to: string, command: string): void {
    let reply: Reply;
    try {
      reply = { to, result: this.execute(command) };
    } catch (error) {
      reply = { to, error: (error as Error).message };
    }
    const topic = replyTopic(this.options.deviceId);
    this.send({ id: `reply-to-${to}`, kind: "reply", topic, payload: JSON.stringify(reply) });
  }
}
