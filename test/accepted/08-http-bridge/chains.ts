// Promises in chains, a list of what is on its way, and events through a generator.
import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { connect, type IPublishPacket, type MqttClient } from "mqtt";
import type {
  CommandAnswer,
  CommandRequest,
  ReadingsPage,
} from "../../../workbook/bridge/http-service.ts";
import type { Command, Presence, Store, StoreEvent } from "../../../workbook/bridge/store.ts";
import { partsOf, topicOf } from "../../../workbook/bridge/topics.ts";
import { isReading, prefixed } from "../../../workbook/telemetry.ts";

export const messageIdProperty = "message-id";

export function acceptCommand(store: Store, request: CommandRequest): Promise<CommandAnswer> {
  const { key, deviceId, text } = request;
  if (deviceId === "" || deviceId.split(/[/+#]/).length > 1 || deviceId.includes("\0")) {
    return Promise.resolve({ status: 400, problem: `"${deviceId}" cannot be a level of a topic` });
  }
  const id = createHash("sha256").update(key).digest("hex");
  return store
    .addCommand({ id, key, deviceId, text })
    .then((command) =>
      command.deviceId === deviceId && command.text === text
        ? { status: 202, location: `/commands/${id}`, command }
        : { status: 422, problem: `${key} is the key of another request` },
    );
}

export function propertiesOf(command: Command) {
  return {
    correlationData: Buffer.from(command.id, "utf8"),
    responseTopic: topicOf(command.deviceId, "replies"),
    userProperties: { [messageIdProperty]: command.id },
  };
}

export class CommandSender {
  /** Emits `less` whenever something has come to its end. */
  private readonly progress = new EventEmitter();
  private readonly unacknowledged = new Set<string>();
  private readonly unrecorded = new Set<string>();
  private readonly endWatching: () => void;
  private isDraining = false;
  private claims: Promise<void> = Promise.resolve();

  constructor(
    readonly client: MqttClient,
    readonly store: Store,
    readonly worker: string,
  ) {
    const look = () => this.look();
    this.endWatching = store.watch(look);
    client.on("connect", look);
    look();
  }

  async drain(): Promise<void> {
    this.isDraining = true;
    this.endWatching();
    await this.claims;
    const onClose = () => this.progress.emit("less");
    this.client.once("close", onClose);
    while (this.unrecorded.size > 0 || (this.unacknowledged.size > 0 && this.client.connected)) {
      await once(this.progress, "less");
    }
    this.client.off("close", onClose);
  }

  /** One claim behind the other, so that each knows what the one before it has taken. */
  private look(): void {
    this.claims = this.claims.then(() => this.claim());
  }

  private async claim(): Promise<void> {
    const { client } = this;
    if (this.isDraining || !client.connected) return;
    const most = client.serverProperties?.receiveMaximum ?? 65_535;
    const room = most - this.unacknowledged.size - this.unrecorded.size;
    if (room < 1) return;
    const commands = await this.store.claimCommands(this.worker, room);
    for (const command of commands) this.publish(command);
  }

  private publish(command: Command): void {
    const { id, deviceId, text } = command;
    this.unacknowledged.add(id);
    this.client
      .publishAsync(topicOf(deviceId, "commands"), text, {
        qos: 1,
        properties: propertiesOf(command),
      })
      .then(
        () => () => this.store.commandAcknowledged(id),
        (error: Error) => () =>
          isRefusal(error) ? this.store.commandRefused(id, error.message) : Promise.resolve(),
      )
      .then((record) => {
        this.unacknowledged.delete(id);
        this.unrecorded.add(id);
        return record();
      })
      .then(() => {
        this.unrecorded.delete(id);
        this.progress.emit("less");
        this.look();
      });
  }
}

export function isRefusal(error: Error & { code?: unknown }): boolean {
  return typeof error.code === "number" && error.code > 127;
}

export async function takeReply(store: Store, packet: IPublishPacket): Promise<void> {
  const parts = partsOf(packet.topic);
  const data = packet.properties?.correlationData;
  if (parts === undefined || data === undefined) return;
  return store.commandReplied(data.toString("utf8"), parts.deviceId, packet.payload.toString());
}

export async function takeReading(store: Store, packet: IPublishPacket): Promise<void> {
  const parts = partsOf(packet.topic);
  if (parts === undefined) return;
  const reading = await Promise.resolve(packet.payload.toString())
    .then(JSON.parse)
    .catch(() => undefined);
  if (!isReading(reading)) return;
  const [messageId] = [packet.properties?.userProperties?.[messageIdProperty] ?? []].flat();
  return store.addReading({ deviceId: parts.deviceId, reading, messageId });
}

export async function takePresence(store: Store, packet: IPublishPacket): Promise<void> {
  const known = new Map<string, Presence | undefined>([
    ["", undefined],
    ["online", "online"],
    ["offline", "offline"],
  ]);
  const said = packet.payload.toString();
  const parts = partsOf(packet.topic);
  if (parts !== undefined && known.has(said)) {
    await store.setPresence(parts.deviceId, known.get(said));
  }
}

export function readingsPage(
  store: Store,
  deviceId: string,
  since: number,
  limit: number,
): Promise<ReadingsPage> {
  return store.readingsBehind(since, deviceId, limit).then((readings) => {
    const last = readings[readings.length - 1];
    return { readings, next: last ? last.place : since };
  });
}

export const formatEvent = ({ id, type, data }: StoreEvent): string =>
  [`id: ${id}`, `event: ${type}`, `data: ${JSON.stringify(data)}`, "", ""].join("\n");

export async function streamEvents(
  store: Store,
  lastEventId: number | undefined,
  write: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const begin = lastEventId ?? (await store.lastEventId());
  for await (const event of eventsOf(store, begin, signal)) await write(formatEvent(event));
}

/** All events behind this one, until the signal is aborted. */
async function* eventsOf(store: Store, begin: number, signal: AbortSignal) {
  let last = begin;
  let rounds = resolvers();
  const turn = () => rounds.resolve();
  const unwatch = store.watch(turn);
  signal.addEventListener("abort", turn);
  try {
    while (!signal.aborted) {
      // Before asking: what comes while we ask is news again.
      rounds = resolvers();
      const events = await store.eventsBehind(last, 10);
      for (const event of events) {
        if (signal.aborted) return;
        last = event.id;
        yield event;
      }
      if (events.length === 0 && !signal.aborted) await rounds.promise;
    }
  } finally {
    signal.removeEventListener("abort", turn);
    unwatch();
  }
}

function resolvers() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

export class BridgeWorker {
  private client: MqttClient | undefined;
  private sender: CommandSender | undefined;
  /** Each message behind the one before it. */
  private taken: Promise<unknown> = Promise.resolve();

  constructor(
    readonly options: { readonly brokerUrl: string; readonly name: string; readonly store: Store },
  ) {}

  start(): Promise<void> {
    const { store, name, brokerUrl } = this.options;
    return store.releaseClaims(name).then(() => {
      const client = connect(brokerUrl, {
        clientId: prefixed(name),
        protocolVersion: 5,
        clean: false,
        properties: { sessionExpiryInterval: 3600 },
        reconnectPeriod: 100,
        reconnectOnConnackError: true,
      });
      client.on("error", () => {});
      client.handleMessage = (packet, done) => {
        this.taken = this.taken.then(() => this.take(packet)).then(() => done(), done);
      };
      client.subscribe({
        [topicOf("+", "status")]: { qos: 1 },
        [topicOf("+", "readings")]: { qos: 1 },
        [topicOf("+", "replies")]: { qos: 1 },
      });
      this.client = client;
      this.sender = new CommandSender(client, store, name);
    });
  }

  async stop(): Promise<void> {
    const { client, sender } = this;
    if (client === undefined || sender === undefined) return;
    await sender.drain();
    await new Promise<void>((resolve) => {
      client.once("close", () => resolve());
      client.end(!client.connected, () => resolve());
    });
    await this.taken;
  }

  private take(packet: IPublishPacket): Promise<void> {
    const { store } = this.options;
    switch (partsOf(packet.topic)?.what) {
      case "replies":
        return takeReply(store, packet);
      case "readings":
        return takeReading(store, packet);
      case "status":
        return takePresence(store, packet);
      default:
        return Promise.resolve();
    }
  }
}
