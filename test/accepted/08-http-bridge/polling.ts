// Polls where the solution waits, and acknowledges by another of the library's doors.
import { setTimeout as delay } from "node:timers/promises";
import { connect, type IPublishPacket, type MqttClient } from "mqtt";
import type { CommandAnswer, CommandRequest } from "../../../workbook/bridge/http-service.ts";
import type { Command, Store, StoreEvent } from "../../../workbook/bridge/store.ts";
import { partsOf, topicOf } from "../../../workbook/bridge/topics.ts";
import { isReading, prefixed } from "../../../workbook/telemetry.ts";

export const messageIdProperty = "message-id";

export async function acceptCommand(
  store: Store,
  { deviceId, key, text }: CommandRequest,
): Promise<CommandAnswer> {
  const isLevel = deviceId.length > 0 && ![..."/+#\0"].some((sign) => deviceId.includes(sign));
  if (!isLevel) return { status: 400, problem: `${deviceId} is no device` };
  // The key is unique, so it can be the id too.
  const command = await store.addCommand({ id: `of-${key}`, key, deviceId, text });
  return command.text === text && command.deviceId === deviceId
    ? { status: 202, location: `/commands/${encodeURIComponent(command.id)}`, command }
    : { status: 422, problem: "another command has this key" };
}

export function propertiesOf({ id, deviceId }: Command) {
  return {
    responseTopic: topicOf(deviceId, "replies"),
    correlationData: Buffer.from(id),
    userProperties: { [messageIdProperty]: id },
  };
}

export class CommandSender {
  private readonly running = new Set<Promise<void>>();
  private readonly recording = new Set<Promise<void>>();
  private readonly timer: NodeJS.Timeout;
  private claiming: Promise<void> | undefined;

  constructor(
    readonly client: MqttClient,
    readonly store: Store,
    readonly worker: string,
  ) {
    this.timer = setInterval(() => this.look(), 20);
  }

  async drain(): Promise<void> {
    clearInterval(this.timer);
    await this.claiming;
    while (this.running.size > 0 && this.client.connected) {
      await Promise.race([...this.running, delay(20)]);
    }
    await Promise.all(this.recording);
  }

  private look(): void {
    this.claiming ??= this.claim().finally(() => {
      this.claiming = undefined;
    });
  }

  private async claim(): Promise<void> {
    if (!this.client.connected) return;
    const room = (this.client.serverProperties?.receiveMaximum ?? 65_535) - this.running.size;
    if (room <= 0) return;
    for (const command of await this.store.claimCommands(this.worker, room)) {
      const sending: Promise<void> = this.send(command).finally(() => {
        this.running.delete(sending);
      });
      this.running.add(sending);
    }
  }

  private async send(command: Command): Promise<void> {
    const { id, deviceId, text } = command;
    const properties = propertiesOf(command);
    try {
      await this.client.publishAsync(topicOf(deviceId, "commands"), text, { qos: 1, properties });
    } catch (error) {
      const { message } = error as Error;
      if (isRefusal(error as Error)) await this.record(this.store.commandRefused(id, message));
      return;
    }
    await this.record(this.store.commandAcknowledged(id));
  }

  private async record(work: Promise<void>): Promise<void> {
    this.recording.add(work);
    await work.finally(() => this.recording.delete(work));
  }
}

export function isRefusal(error: Error): boolean {
  return "code" in error && typeof error.code === "number" && error.code >= 128;
}

export async function takeReply(store: Store, packet: IPublishPacket): Promise<void> {
  const { correlationData } = packet.properties ?? {};
  const { deviceId } = partsOf(packet.topic) ?? {};
  if (!correlationData || !deviceId) return;
  await store.commandReplied(String(correlationData), deviceId, String(packet.payload));
}

export async function takeReading(store: Store, packet: IPublishPacket): Promise<void> {
  const { deviceId } = partsOf(packet.topic) ?? {};
  let reading: unknown;
  try {
    reading = JSON.parse(String(packet.payload));
  } catch {}
  if (deviceId === undefined || !isReading(reading)) return;
  const id = packet.properties?.userProperties?.[messageIdProperty];
  await store.addReading({
    messageId: id === undefined ? undefined : String(id),
    deviceId,
    reading,
  });
}

export async function takePresence(store: Store, packet: IPublishPacket): Promise<void> {
  const { deviceId } = partsOf(packet.topic) ?? {};
  if (deviceId === undefined) return;
  switch (String(packet.payload)) {
    case "":
      return store.setPresence(deviceId, undefined);
    case "online":
      return store.setPresence(deviceId, "online");
    case "offline":
      return store.setPresence(deviceId, "offline");
  }
}

export async function readingsPage(store: Store, deviceId: string, since: number, limit: number) {
  const readings = await store.readingsBehind(since, deviceId, limit);
  return { readings, next: readings.reduce((last, { place }) => Math.max(last, place), since) };
}

export function formatEvent({ id, type, data }: StoreEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

export async function streamEvents(
  store: Store,
  lastEventId: number | undefined,
  write: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let next = lastEventId ?? (await store.lastEventId());
  while (!signal.aborted) {
    const [event] = await store.eventsBehind(next, 1);
    if (event === undefined) await delay(20, undefined, { signal }).catch(() => {});
    else {
      next = event.id;
      await write(formatEvent(event));
    }
  }
}

export class BridgeWorker {
  private client: MqttClient | undefined;
  private sender: CommandSender | undefined;
  private readonly taking = new Set<Promise<void>>();

  constructor(
    readonly options: { readonly brokerUrl: string; readonly name: string; readonly store: Store },
  ) {}

  async start(): Promise<void> {
    const { brokerUrl, name, store } = this.options;
    await store.releaseClaims(name);
    this.client = connect(brokerUrl, {
      clientId: prefixed(name),
      protocolVersion: 5,
      clean: false,
      properties: { sessionExpiryInterval: 3600 },
      reconnectPeriod: 500,
      reconnectOnConnackError: true,
      customHandleAcks: (_topic, _message, packet, done) => {
        const taking: Promise<void> = this.take(packet).finally(() => {
          this.taking.delete(taking);
          done(0);
        });
        this.taking.add(taking);
      },
    });
    this.client.on("error", () => {});
    const filters = { replies: 1, readings: 1, status: 1 } as const;
    for (const what of Object.keys(filters) as (keyof typeof filters)[]) {
      this.client.subscribe(topicOf("+", what), { qos: filters[what] });
    }
    this.sender = new CommandSender(this.client, store, name);
  }

  async stop(): Promise<void> {
    await this.sender?.drain();
    const isPolite = this.client?.connected === true;
    await new Promise<void>((resolve) => {
      this.client?.once("close", resolve);
      this.client?.end(!isPolite, () => resolve());
    });
    await Promise.all(this.taking);
  }

  private async take(packet: IPublishPacket): Promise<void> {
    const takes = { replies: takeReply, readings: takeReading, status: takePresence };
    const { what } = partsOf(packet.topic) ?? {};
    if (what === undefined || what === "commands") return;
    await takes[what](this.options.store, packet);
  }
}
