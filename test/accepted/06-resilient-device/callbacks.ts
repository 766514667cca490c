// Callbacks throughout, the library's own reconnecting set at each `close`, and two queues in the outbox.
import { randomBytes } from "node:crypto";
import { appendFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { connect, type MqttClient } from "mqtt";
import {
  type Backoff,
  commandTopic,
  type DeviceOptions,
  type Message,
  type MessageStore,
  messageIdProperty,
  type PublisherOptions,
  propertiesOf,
  readingTopic,
  reasonCodeOf,
  replyTopic,
  sizeOnWire,
  type TimedReading,
} from "../../../solutions/06-resilient-device.ts";
import { prefixed, type Reading } from "../../../workbook/telemetry.ts";

export { sizeOnWire };

export const backoffDelay = (attempt: number, { firstMs, maxMs }: Backoff, random: () => number) =>
  random() * (attempt > 60 ? maxMs : Math.min(firstMs * 2 ** attempt, maxMs));

export const mayHeal = (reasonCode: number) => new Set([128, 136, 137, 151, 159]).has(reasonCode);

export function connectDevice(options: DeviceOptions): MqttClient {
  const { brokerUrl, deviceId, login, keepaliveSeconds, backoff, random, onGiveUp } = options;
  let failures = 0;
  const client = connect({
    ...addressOf(brokerUrl),
    ...login,
    clientId: prefixed(deviceId),
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
    keepalive: keepaliveSeconds,
    connectTimeout: keepaliveSeconds * 1500,
    reconnectPeriod: 1,
    reconnectOnConnackError: true,
  });
  // Before the library's own listener, which reads the period.
  client.prependListener("close", () => {
    client.options.reconnectPeriod = Math.ceil(backoffDelay(failures, backoff, random)) || 1;
    failures++;
  });
  client.on("connect", () => {
    failures = 0;
  });
  client.on("error", (error) => {
    const isRefused = !client.connected && reasonCodeOf(error) !== undefined;
    if (!isRefused || mayHeal(reasonCodeOf(error) ?? 0)) return;
    onGiveUp(error);
    client.end(true);
  });
  return client;
}

function addressOf(url: string) {
  const { hostname, port } = new URL(url);
  return { protocol: "mqtt", host: hostname, port: Number(port) } as const;
}

export class Journal<Value> {
  readonly found: readonly Value[];

  constructor(readonly file: string) {
    const text = this.read();
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const lines = whole.split("\n");
    lines.pop();
    this.found = lines.map((line, index) => {
      let value: Value | undefined;
      try {
        value = JSON.parse(line);
      } catch {}
      if (value !== undefined) return value;
      throw new Error(`${file}:${index + 1}: not JSON`);
    });
    if (whole !== text) this.replace(this.found);
  }

  append(value: Value): void {
    writeFileSync(this.file, `${JSON.stringify(value)}\n`, { flag: "a" });
  }

  replace(values: readonly Value[]): void {
    const fresh = `${this.file}.${randomBytes(4).toString("hex")}`;
    writeFileSync(fresh, values.map((value) => JSON.stringify(value).concat("\n")).join(""));
    renameSync(fresh, this.file);
  }

  private read(): string {
    try {
      appendFileSync(this.file, "");
      return readFileSync(this.file).toString();
    } catch (error) {
      throw new Error(`${this.file}: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
}

type Change =
  | { readonly what: "added"; readonly message: Message; readonly number: number }
  | { readonly what: "removed"; readonly id: string };

/** Readings and replies wait in queues of their own; a number says who came first. */
export class Outbox implements MessageStore {
  dropped = 0;
  private readonly journal: Journal<Change>;
  private readonly readings = new Map<string, { message: Message; number: number }>();
  private readonly replies = new Map<string, { message: Message; number: number }>();
  private newest = 0;
  private changes = 0;

  constructor(
    file: string,
    readonly capacity: number,
  ) {
    if (!(Number.isSafeInteger(capacity) && capacity > 0)) {
      throw new RangeError(`the capacity must be 1 or more, it is ${capacity}`);
    }
    this.journal = new Journal(file);
    for (const change of this.journal.found) this.apply(change);
    this.changes = this.journal.found.length;
  }

  pending(): readonly Message[] {
    return this.waiting().map(({ message }) => message);
  }

  add(message: Message): void {
    this.record({ what: "added", message, number: this.newest + 1 });
    while (this.readings.size > 0 && this.readings.size + this.replies.size > this.capacity) {
      const [oldest = ""] = this.readings.keys();
      this.record({ what: "removed", id: oldest });
      this.dropped++;
    }
  }

  remove(id: string): void {
    if (this.readings.has(id) || this.replies.has(id)) this.record({ what: "removed", id });
  }

  private waiting() {
    return [...this.readings.values(), ...this.replies.values()].sort(
      (one, other) => one.number - other.number,
    );
  }

  private record(change: Change): void {
    this.journal.append(change);
    this.apply(change);
    this.changes++;
    const waiting = this.readings.size + this.replies.size;
    if (this.changes <= 2 * (waiting + this.capacity)) return;
    this.journal.replace(this.waiting().map((each) => ({ what: "added", ...each })));
    this.changes = waiting;
  }

  private apply(change: Change): void {
    if (change.what === "removed") {
      this.readings.delete(change.id);
      this.replies.delete(change.id);
      return;
    }
    const { message, number } = change;
    const queue = message.kind === "reading" ? this.readings : this.replies;
    queue.set(message.id, { message, number });
    this.newest = Math.max(this.newest, number);
  }
}

export class Sender {
  private free: number | undefined;
  private readonly sent = new Set<string>();
  private stopped: (() => void) | undefined;

  constructor(
    readonly client: MqttClient,
    readonly store: MessageStore,
    readonly onRefused: (message: Message, reason: string) => void,
  ) {
    client.on("connect", ({ properties }) => {
      this.free = (properties?.receiveMaximum ?? 65_535) - this.sent.size;
      this.wake();
    });
    client.on("close", () => {
      this.free = undefined;
      this.stopped?.();
    });
    if (client.connected) {
      this.free = client.serverProperties?.receiveMaximum ?? 65_535;
    }
  }

  wake(): void {
    if (this.stopped !== undefined || !this.client.connected) return;
    const largest = this.client.serverProperties?.maximumPacketSize;
    for (const message of this.store.pending()) {
      if (this.free === undefined || this.free < 1) break;
      if (this.sent.has(message.id)) continue;
      if (largest !== undefined && sizeOnWire(message) > largest) {
        this.leaveOut(message, `the broker takes no more than ${largest} bytes`);
      } else {
        this.publish(message);
      }
    }
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.stopped = resolve;
      if (this.sent.size === 0 || !this.client.connected) resolve();
    });
  }

  private publish(message: Message): void {
    this.sent.add(message.id);
    if (this.free !== undefined) this.free--;
    const { topic, payload } = message;
    this.client.publish(
      topic,
      Buffer.from(payload),
      { qos: 1, properties: propertiesOf(message) },
      (error) => {
        this.sent.delete(message.id);
        if (this.free !== undefined) this.free++;
        if (!error) this.store.remove(message.id);
        else if (reasonCodeOf(error) !== undefined) this.leaveOut(message, error.message);
        else return;
        if (this.sent.size === 0) this.stopped?.();
        this.wake();
      },
    );
  }

  private leaveOut(message: Message, reason: string): void {
    this.store.remove(message.id);
    this.onRefused(message, reason);
  }
}

export function consumeOnce(
  client: MqttClient,
  filter: string,
  file: string,
  handle: (topic: string, payload: Buffer, id: string | undefined) => void,
  remember = 10_000,
): void {
  const journal = new Journal<string>(file);
  const ids = [...journal.found];
  client.on("message", (topic, payload, packet) => {
    const [id] = [packet.properties?.userProperties?.[messageIdProperty] ?? []].flat();
    if (id !== undefined && ids.lastIndexOf(id) >= 0) return;
    handle(topic, payload, id);
    if (id === undefined) return;
    ids.push(id);
    journal.append(id);
    if (ids.length < 4 * remember) return;
    ids.splice(0, ids.length - remember);
    journal.replace(ids);
  });
  // Each time: to subscribe once more does no harm.
  client.on("connect", () => void client.subscribe(filter, { qos: 1 }, () => {}));
}

export class SensorPublisher {
  private stopRunning: (() => Promise<void>) | undefined;
  private sendRunning: ((message: Message) => void) | undefined;

  constructor(readonly options: PublisherOptions) {}

  start(): MqttClient {
    if (this.sendRunning) throw new Error("start() was called twice");
    const { folder, capacity, onRefused } = this.options;
    const outbox = new Outbox(`${folder}/outbox.jsonl`, capacity);
    const client = connectDevice(this.options);
    const sender = new Sender(client, outbox, onRefused);
    this.sendRunning = (message) => {
      outbox.add(message);
      sender.wake();
    };
    let leaving: Promise<void> | undefined;
    const stop = () => {
      leaving ??= sender.stop().then(() => leave(client));
      return leaving.then(() => {
        if (this.stopRunning !== stop) return;
        this.stopRunning = undefined;
        this.sendRunning = undefined;
      });
    };
    this.stopRunning = stop;
    return client;
  }

  report(reading: Reading): void {
    const timed: TimedReading = { takenAt: Date.now(), ...reading };
    this.send({
      id: randomBytes(16).toString("base64url"),
      kind: "reading",
      topic: readingTopic(this.options.deviceId),
      payload: JSON.stringify(timed),
    });
  }

  send(message: Message): void {
    if (!this.sendRunning) throw new Error("start() comes first");
    this.sendRunning(message);
  }

  async stop(): Promise<void> {
    await this.stopRunning?.();
  }
}

/** Resolves when the line is gone, politely where there is one. */
function leave(client: MqttClient): Promise<void> {
  return new Promise((resolve) => {
    client.once("close", resolve);
    client.end(!client.connected, {}, () => resolve());
  });
}

export class DeviceController {
  readonly sensor: SensorPublisher;

  constructor(
    readonly options: PublisherOptions,
    readonly execute: (command: string) => string,
  ) {
    this.sensor = new SensorPublisher(options);
  }

  start(): void {
    const client = this.sensor.start();
    const handle = (_topic: string, payload: Buffer, id: string | undefined) => {
      const answer: { to: string; result?: string; error?: string } = { to: id ?? "" };
      try {
        answer.result = this.execute(payload.toString("utf8"));
      } catch (error) {
        answer.error = error instanceof Error ? error.message : `${error}`;
      }
      this.sensor.send({
        id: randomBytes(16).toString("base64url"),
        kind: "reply",
        topic: replyTopic(this.options.deviceId),
        payload: JSON.stringify(answer),
      });
    };
    const file = `${this.options.folder}/handled.jsonl`;
    try {
      consumeOnce(client, commandTopic(this.options.deviceId), file, handle);
    } catch (error) {
      void this.sensor.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.sensor.stop();
  }
}
