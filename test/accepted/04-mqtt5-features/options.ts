// What the library and the broker can do for you; both looks at once; QoS 2; a class that extends the client.
import { randomBytes, randomInt } from "node:crypto";
import { connect as connectSocket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import {
  connect,
  connectAsync,
  type ErrorWithReasonCode,
  ErrorWithSubackPacket,
  type IClientOptions,
  type IPublishPacket,
  MqttClient,
  type Packet,
  ReasonCodes,
} from "mqtt";
import type { Arrival, ExpiryReport, OpenSession } from "../../../solutions/04-mqtt5-features.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

const mark = () => randomBytes(6).toString("hex");

export async function demonstrateSharedSubscriptions(
  brokerUrl: string,
  workers: readonly string[],
  jobs: readonly string[],
): Promise<Record<string, string[]>> {
  if (workers.length < 1) throw new RangeError("workers: at least one");
  const topic = prefixed(`queue-${mark()}`);
  const done = Object.fromEntries(workers.map((worker) => [worker, [] as string[]]));
  const receipts: (() => void)[] = [];
  const received = jobs.map(() => new Promise<void>((resolve) => receipts.push(resolve)));
  const clients = await Promise.all(
    workers.map(async (worker) => {
      const client = await connectAsync(brokerUrl, {
        clientId: prefixed(worker),
        protocolVersion: 5,
        reconnectPeriod: 0,
        properties: { receiveMaximum: 1 },
      });
      client.handleMessage = ({ payload }, next) => {
        done[worker]?.push(payload.toString());
        receipts.pop()?.();
        next();
      };
      await client.subscribeAsync({ [`$share/team of ${workers.length}/${topic}`]: { qos: 1 } });
      return client;
    }),
  );
  const dispatcher = await connectAsync(brokerUrl, {
    clientId: "",
    protocolVersion: 5,
    autoAssignTopicAlias: true,
  });
  await Promise.all(jobs.map((job) => dispatcher.publishAsync(topic, job, { qos: 1 })));
  await Promise.all(received);
  await Promise.all([dispatcher, ...clients].map((client) => client.endAsync()));
  return done;
}

export async function demonstrateMessageExpiry(
  brokerUrl: string,
  shortLife: number,
  longLife: number,
): Promise<ExpiryReport> {
  const isLife = (seconds: number) => Number.isInteger(seconds) && seconds > 0;
  if (!isLife(shortLife) || !isLife(longLife)) throw new RangeError("a life is in whole seconds");
  const topic = prefixed(`expiry-${mark()}`);
  const clientId = prefixed(`absent-${mark()}`);
  const session: IClientOptions = {
    clientId,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 0xffffffff },
  };
  const arrivalsAt = (client: MqttClient) =>
    new Promise<Arrival[]>((resolve) => {
      const arrivals: Arrival[] = [];
      client.on("message", (on, payload, { properties }) => {
        const text = payload.toString();
        if (on === `${topic}/over`) return resolve(arrivals);
        arrivals.push({ text, remaining: properties?.messageExpiryInterval });
      });
    });
  const publisher = await connectAsync(brokerUrl, { protocolVersion: 5 });
  try {
    const absent = await connectAsync(brokerUrl, session);
    await absent.subscribeAsync(`${topic}/+`, { qos: 2, rh: 2 });
    await absent.endAsync();
    const publish = (text: string, messageExpiryInterval: number) =>
      publisher.publishAsync(`${topic}/${text}`, Buffer.from(text), {
        qos: 1,
        retain: true,
        properties: { messageExpiryInterval, contentType: "text/plain" },
      });
    await Promise.all([publish("short", shortLife), publish("long", longLife)]);
    await pause(shortLife * 1000 + 1500);

    const back = connect(brokerUrl, session);
    const late = connect(brokerUrl, { protocolVersion: 5 });
    const both = Promise.all([arrivalsAt(back), arrivalsAt(late)]);
    await late.subscribeAsync(`${topic}/+`, { qos: 1, rh: 1 });
    await publisher.publishAsync(`${topic}/over`, "", { qos: 1 });
    const [queued, retained] = await both;
    await Promise.all([back.endAsync(), late.endAsync()]);
    return { queued, retained };
  } finally {
    for (const text of ["short", "long"]) {
      await publisher.publishAsync(`${topic}/${text}`, "", { qos: 1, retain: true });
    }
    await publisher.endAsync();
    // A session begun clean, and without an expiry, is the end of the one before.
    const last = await connectAsync(brokerUrl, { clientId, protocolVersion: 5, clean: true });
    await last.endAsync();
  }
}

export async function demonstrateRequestReply(
  client: MqttClient,
  topic: string,
  request: string,
  timeout: number,
): Promise<string> {
  const correlationData = randomBytes(16);
  const responseTopic = prefixed(correlationData.toString("base64url"));
  const over = new AbortController();
  let listen: (topic: string, payload: Buffer, packet: IPublishPacket) => void = () => {};
  const answered = new Promise<string>((resolve) => {
    listen = (on, payload, { properties }) => {
      const isOurs = on === responseTopic && properties?.correlationData?.equals(correlationData);
      if (isOurs) resolve(new TextDecoder().decode(payload));
    };
  });
  client.prependListener("message", listen);
  try {
    await client.subscribeAsync({ [responseTopic]: { qos: 2, rh: 2 } });
    const properties = { responseTopic, correlationData, messageExpiryInterval: 60 };
    const published = client.publishAsync(topic, request, { qos: 2, properties });
    const late = pause(timeout, undefined, { signal: over.signal }).then(() => {
      throw new Error(`waited ${timeout} ms for nothing`);
    });
    return await Promise.race([answered, late, published.then(() => answered)]);
  } finally {
    over.abort();
    client.off("message", listen);
    client.unsubscribe(responseTopic);
  }
}

export async function forwardMessage(
  client: MqttClient,
  message: IPublishPacket,
  topic: string,
  gateway: string,
): Promise<void> {
  const properties: IPublishPacket["properties"] = structuredClone(message.properties) ?? {};
  for (const name of Object.keys(properties) as (keyof typeof properties)[]) {
    if (name !== "contentType" && name !== "userProperties") delete properties[name];
  }
  const { via = [], ...others } = properties.userProperties ?? {};
  properties.userProperties = { ...others, via: [via, gateway].flat() };
  await client.publishAsync(topic, message.payload, { qos: 2, properties });
}

export function createAliasPublisher(
  client: MqttClient,
  topic: string,
  alias: number,
): (payload: string) => Promise<void> {
  // The library puts the alias in the place of the topic, once it has been told of it.
  client.options.autoUseTopicAlias = true;
  const lines = new WeakSet<object>();
  return async (payload) => {
    const isKnown = lines.has(client.stream);
    if (client.connected) lines.add(client.stream);
    const properties = isKnown ? {} : { topicAlias: alias };
    await client.publishAsync(topic, payload, { qos: 1, properties });
  };
}

class SlowClient extends MqttClient {
  readonly #work: (payload: string) => Promise<void>;

  constructor(
    brokerUrl: string,
    options: IClientOptions,
    work: (payload: string) => Promise<void>,
  ) {
    const { hostname, port } = new URL(brokerUrl);
    super(() => connectSocket(Number(port), hostname), { ...options, manualConnect: true });
    this.#work = work;
  }

  override handleMessage(packet: IPublishPacket, done: () => void): void {
    this.#work(packet.payload.toString()).finally(done);
  }
}

export async function consumeSlowly(
  brokerUrl: string,
  topic: string,
  atOnce: number,
  work: (payload: string) => Promise<void>,
): Promise<MqttClient> {
  const properties = { receiveMaximum: atOnce };
  const client = new SlowClient(brokerUrl, { protocolVersion: 5, properties }, work);
  const refused = new Promise<never>((_, reject) => client.once("error", reject));
  client.connect();
  await Promise.race([client.subscribeAsync({ [topic]: { qos: 1 } }), refused]);
  return client;
}

export const reasonInWords = (code: number) =>
  `${code} ${code === 0 ? "Success" : (ReasonCodes[code as keyof typeof ReasonCodes] ?? "unknown reason")}`;

export const grantInWords = (code: number) =>
  code >= 128 ? `refused: ${reasonInWords(code)}` : `granted QoS ${code}`;

export async function reportPublish(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<string> {
  const said = new Map<number, number>();
  const hear = (packet: Packet) => {
    if (packet.cmd === "puback") said.set(packet.messageId ?? 0, packet.reasonCode ?? 0);
  };
  client.prependListener("packetreceive", hear);
  const [published] = await Promise.allSettled([client.publishAsync(topic, payload, { qos: 1 })]);
  client.removeListener("packetreceive", hear);
  if (published.status === "rejected") {
    return reasonInWords((published.reason as ErrorWithReasonCode).code);
  }
  return reasonInWords(said.get(published.value?.messageId ?? 0) ?? 0);
}

export async function reportSubscribe(
  client: MqttClient,
  filters: readonly string[],
): Promise<string[]> {
  try {
    const grants = await client.subscribeAsync(
      Object.fromEntries(filters.map((filter) => [filter, { qos: 1 as const }])),
    );
    const byFilter = new Map(grants.map(({ topic, qos }) => [topic, qos]));
    return filters.map((filter) => grantInWords(byFilter.get(filter) ?? 128));
  } catch (error) {
    if (!(error instanceof ErrorWithSubackPacket)) throw error;
    return error.packet.granted.map((code) => grantInWords(code as number));
  }
}

export async function reportDisconnect(client: MqttClient): Promise<string> {
  return new Promise((resolve) => {
    const closed = () => resolve("closed without a DISCONNECT");
    client.prependOnceListener("close", closed);
    client.prependOnceListener("disconnect", (packet) => {
      client.off("close", closed);
      const { reasonString } = packet.properties ?? {};
      const words = reasonInWords(packet.reasonCode ?? 0);
      resolve(reasonString ? `${words}: ${reasonString}` : words);
    });
  });
}

export async function openSession(
  brokerUrl: string,
  clientId: string,
  startClean: boolean,
  keepSeconds: number,
): Promise<OpenSession> {
  let resumed = false;
  const client = connect(brokerUrl, {
    manualConnect: true,
    reconnectPeriod: 0,
    clean: startClean,
    clientId,
    protocolVersion: 5,
    properties: { sessionExpiryInterval: keepSeconds, receiveMaximum: 20 },
  });
  client.on("packetreceive", (packet) => {
    if (packet.cmd === "connack") resumed = packet.sessionPresent;
  });
  await new Promise<void>((resolve, reject) => {
    client.once("connect", () => resolve());
    client.once("error", reject);
    client.connect();
  });
  return { client, resumed };
}

export const subscribeAsBridge = async (client: MqttClient, filter: string): Promise<void> => {
  await client.subscribeAsync({ [filter]: { rh: 1, rap: true, nl: true, qos: 1 } });
};

export const setupPatientWill = (
  clientId: string,
  topic: string,
  seconds: number,
): IClientOptions => ({
  protocolVersion: 5,
  clientId,
  clean: false,
  reconnectPeriod: 100,
  properties: { sessionExpiryInterval: Math.max(seconds, 5), requestProblemInformation: true },
  will: { topic, payload: "offline", qos: 1, properties: { willDelayInterval: seconds } },
});

export async function routeByFilter(
  client: MqttClient,
  filters: readonly string[],
  tell: (filter: string, payload: string) => void,
): Promise<void> {
  // Any numbers will do, as long as they differ.
  const first = randomInt(1, 1_000_000);
  client.prependListener("message", (_topic, payload, { properties = {} }) => {
    const { subscriptionIdentifier: identifiers = [] } = properties;
    for (const identifier of [identifiers].flat().toReversed()) {
      const filter = filters.at(identifier - first);
      if (identifier >= first && filter !== undefined) tell(filter, payload.toString());
    }
  });
  await Promise.all(
    filters.map((filter, index) =>
      client.subscribeAsync([filter], {
        qos: 1,
        properties: { subscriptionIdentifier: first + index },
      }),
    ),
  );
}
