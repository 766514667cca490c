// Async iterators and once(); one after the other; clients that are told to connect; acks by option.
import { type EventEmitter, on, once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import {
  connect,
  connectAsync,
  type IClientOptions,
  type IConnackPacket,
  type IDisconnectPacket,
  type IPublishPacket,
  type MqttClient,
  type Packet,
  ReasonCodes,
} from "mqtt";
import type { Arrival, ExpiryReport, OpenSession } from "../../../solutions/04-mqtt5-features.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

type Message = [topic: string, payload: Buffer, packet: IPublishPacket];

function messagesOf(client: MqttClient, signal?: AbortSignal): AsyncIterableIterator<Message> {
  const messages = on(client as unknown as EventEmitter, "message", signal ? { signal } : {});
  return messages as AsyncIterableIterator<Message>;
}

function packetsOf(client: MqttClient): AsyncIterableIterator<[Packet]> {
  const packets = on(client as unknown as EventEmitter, "packetreceive");
  return packets as AsyncIterableIterator<[Packet]>;
}

function open(brokerUrl: string, options: IClientOptions): MqttClient {
  return connect(brokerUrl, { ...options, protocolVersion: 5, manualConnect: true });
}

export async function demonstrateSharedSubscriptions(
  brokerUrl: string,
  workers: readonly string[],
  jobs: readonly string[],
): Promise<Record<string, string[]>> {
  if (!workers.length) throw new RangeError("nobody to work");
  const topic = prefixed(crypto.randomUUID());
  const received: [worker: string, job: string][] = [];
  const stop = new AbortController();
  const team: { client: MqttClient; takesJobs: Promise<void> }[] = [];
  for (const worker of workers.toReversed()) {
    const client = open(brokerUrl, { clientId: prefixed(worker) });
    const takeJobs = async () => {
      try {
        for await (const [, payload] of messagesOf(client, stop.signal)) {
          received.push([worker, payload.toString()]);
          if (received.length === jobs.length) stop.abort();
        }
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
    };
    team.push({ client, takesJobs: takeJobs() });
    client.connect();
    await client.subscribeAsync(`$share/everybody/${topic}`, { qos: 1 });
  }
  if (jobs.length === 0) stop.abort();

  const dispatcher = await connectAsync(brokerUrl, { protocolVersion: 5 });
  for (const job of jobs) await dispatcher.publishAsync(topic, Buffer.from(job), { qos: 1 });
  await dispatcher.endAsync();
  for (const { client, takesJobs } of team) {
    await takesJobs;
    await client.endAsync();
  }
  const jobsOf = (name: string) => received.filter(([worker]) => worker === name);
  return Object.fromEntries(
    workers.toReversed().map((name) => [name, jobsOf(name).map(([, job]) => job)]),
  );
}

export async function demonstrateMessageExpiry(
  brokerUrl: string,
  shortLife: number,
  longLife: number,
): Promise<ExpiryReport> {
  const wrong = [shortLife, longLife].find((life) => !Number.isSafeInteger(life) || life <= 0);
  if (wrong !== undefined) throw new RangeError(`${wrong} is no life`);
  const id = crypto.randomUUID();
  const [base, end] = [prefixed(`diary/${id}`), prefixed(`diary-end/${id}`)];
  const session = {
    clientId: prefixed(`reader-${id}`),
    clean: false,
    properties: { sessionExpiryInterval: shortLife + longLife },
  };
  /** Until the message with which the reader itself makes an end. */
  const readAll = async (messages: AsyncIterable<Message>) => {
    const arrivals: Arrival[] = [];
    for await (const [topic, payload, { properties = {} }] of messages) {
      if (topic === end) break;
      arrivals.push({ text: String(payload), remaining: properties.messageExpiryInterval });
    }
    return arrivals;
  };

  const reader = open(brokerUrl, session);
  reader.connect();
  await once(reader as unknown as EventEmitter, "connect");
  await reader.subscribeAsync(`${base}/#`, { qos: 2 });
  await reader.subscribeAsync(end, { qos: 2 });
  await reader.endAsync();

  const writer = await connectAsync(brokerUrl, { protocolVersion: 5 });
  const write = async (text: string, life: number) => {
    const properties = { messageExpiryInterval: life };
    await writer.publishAsync(`${base}/${text}`, text, { qos: 1, retain: true, properties });
  };
  await write("long", longLife);
  await write("short", shortLife);
  await pause(1000 * (shortLife + 1.1));

  await writer.publishAsync(end, "", { qos: 1 });
  // The same client once more: it knows its session.
  const again = messagesOf(reader);
  reader.connect();
  const queued = await readAll(again);

  const late = open(brokerUrl, {});
  const kept = messagesOf(late);
  late.connect();
  await late.subscribeAsync([`${base}/short`, `${base}/long`, end], { qos: 1 });
  await late.publishAsync(end, "", { qos: 1 });
  const retained = await readAll(kept);
  await late.endAsync();
  await reader.endAsync({ properties: { sessionExpiryInterval: 0 } });

  for (const text of ["short", "long"]) {
    await writer.publishAsync(`${base}/${text}`, "", { qos: 1, retain: true });
  }
  await writer.endAsync();
  return { queued, retained };
}

export async function demonstrateRequestReply(
  client: MqttClient,
  topic: string,
  request: string,
  timeout: number,
): Promise<string> {
  const number = crypto.randomUUID();
  const responseTopic = prefixed(`reply-to/${number}`);
  const correlationData = Buffer.from(number.replaceAll("-", ""), "hex");
  const messages = messagesOf(client, AbortSignal.timeout(timeout));
  try {
    await client.subscribeAsync(responseTopic, { qos: 0 });
    await client.publishAsync(topic, request, {
      qos: 1,
      properties: { responseTopic, correlationData },
    });
    for await (const [on, payload, packet] of messages) {
      if (on !== responseTopic) continue;
      const returned = packet.properties?.correlationData ?? Buffer.alloc(0);
      if (correlationData.compare(returned) === 0) return payload.toString();
    }
    throw new Error("the messages have ended");
  } finally {
    await messages.return?.();
    client.unsubscribe(responseTopic);
  }
}

export async function forwardMessage(
  client: MqttClient,
  { payload, properties = {} }: IPublishPacket,
  topic: string,
  gateway: string,
): Promise<void> {
  const userProperties: Record<string, string[]> = {};
  for (const [name, values] of Object.entries(properties.userProperties ?? {})) {
    userProperties[name] = typeof values === "string" ? [values] : values;
  }
  userProperties.via = [...(userProperties.via ?? []), gateway];
  const { contentType } = properties;
  await client.publishAsync(topic, payload, {
    qos: 1,
    properties: contentType === undefined ? { userProperties } : { contentType, userProperties },
  });
}

export function createAliasPublisher(
  client: MqttClient,
  topic: string,
  alias: number,
): (payload: string) => Promise<void> {
  let told = false;
  client.on("packetreceive", ({ cmd }) => {
    // A new connection knows nothing.
    if (cmd === "connack") told = false;
  });
  return async (payload) => {
    const properties = { topicAlias: alias };
    if (told && client.connected) {
      await client.publishAsync("", payload, { qos: 1, properties });
    } else {
      told = client.connected;
      await client.publishAsync(topic, payload, { qos: 1, properties });
    }
  };
}

export async function consumeSlowly(
  brokerUrl: string,
  topic: string,
  atOnce: number,
  work: (payload: string) => Promise<void>,
): Promise<MqttClient> {
  const client = open(brokerUrl, {
    properties: { receiveMaximum: atOnce },
    customHandleAcks: async (_topic, payload, _packet, acknowledge) => {
      await work(payload.toString());
      acknowledge(0);
    },
  });
  client.connect();
  await client.subscribeAsync([topic], { qos: 1 });
  return client;
}

export function reasonInWords(code: number): string {
  const words = code === 0 ? "Success" : ReasonCodes[code as keyof typeof ReasonCodes];
  return [code, words ?? "unknown reason"].join(" ");
}

export function grantInWords(code: number): string {
  return code < 3 ? `granted QoS ${code}` : `refused: ${reasonInWords(code)}`;
}

export async function reportPublish(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<string> {
  const packets = packetsOf(client);
  // The PUBACK says the same as the error.
  client.publishAsync(topic, payload, { qos: 1 }).catch(() => {});
  const packetId = client.getLastMessageId();
  for await (const [packet] of packets) {
    if (packet.cmd !== "puback" || packet.messageId !== packetId) continue;
    return reasonInWords(packet.reasonCode ?? 0);
  }
  throw new Error("the packets have ended");
}

export async function reportSubscribe(
  client: MqttClient,
  filters: readonly string[],
): Promise<string[]> {
  const packets = packetsOf(client);
  client.subscribeAsync([...filters], { qos: 1 }).catch(() => {});
  const packetId = client.getLastMessageId();
  for await (const [packet] of packets) {
    if (packet.cmd !== "suback" || packet.messageId !== packetId) continue;
    return packet.granted.map((code) => grantInWords(code as number));
  }
  throw new Error("the packets have ended");
}

export async function reportDisconnect(client: MqttClient): Promise<string> {
  const emitter = client as unknown as EventEmitter;
  const stop = new AbortController();
  const { signal } = stop;
  const told = once(emitter, "disconnect", { signal }).then(([packet]: IDisconnectPacket[]) => {
    const words = [reasonInWords(packet?.reasonCode ?? 0)];
    return words.concat(packet?.properties?.reasonString ?? []).join(": ");
  });
  const closed = once(emitter, "close", { signal }).then(() => "closed without a DISCONNECT");
  try {
    return await Promise.race([told, closed]);
  } finally {
    stop.abort();
    await Promise.allSettled([told, closed]);
  }
}

export async function openSession(
  brokerUrl: string,
  clientId: string,
  startClean: boolean,
  keepSeconds: number,
): Promise<OpenSession> {
  const properties = { sessionExpiryInterval: keepSeconds };
  const client = open(brokerUrl, { clientId, clean: startClean, properties });
  client.connect();
  try {
    const [connack]: IConnackPacket[] = await once(client as unknown as EventEmitter, "connect");
    return { client, resumed: connack?.sessionPresent === true };
  } catch (error) {
    client.end(true);
    throw error;
  }
}

export async function subscribeAsBridge(client: MqttClient, filter: string): Promise<void> {
  await client.subscribeAsync([filter], {
    qos: 1,
    nl: true,
    rap: true,
    rh: 1,
    properties: { subscriptionIdentifier: 7 },
  });
}

export function setupPatientWill(clientId: string, topic: string, seconds: number): IClientOptions {
  const will = {
    topic,
    payload: "offline",
    qos: 1 as const,
    retain: false,
    properties: { willDelayInterval: seconds },
  };
  const properties = { sessionExpiryInterval: 2 * seconds };
  return { will, properties, clean: false, keepalive: 10, clientId, protocolVersion: 5 };
}

export async function routeByFilter(
  client: MqttClient,
  filters: readonly string[],
  tell: (filter: string, payload: string) => void,
): Promise<void> {
  const messages = messagesOf(client);
  void (async () => {
    for await (const [, payload, { properties }] of messages) {
      const identifiers = new Set([properties?.subscriptionIdentifier].flat());
      for (const [index, filter] of filters.entries()) {
        if (identifiers.has(index + 1)) tell(filter, payload.toString());
      }
    }
  })();
  for (let index = 0; index < filters.length; index++) {
    await client.subscribeAsync(filters[index] ?? "", {
      qos: 1,
      properties: { subscriptionIdentifier: index + 1 },
    });
  }
}
