// Callbacks; all at once; one response topic for what a client asks at the same time; PUBACKs by hand.
import {
  connect,
  type ErrorWithReasonCode,
  type IClientOptions,
  type IPublishPacket,
  type MqttClient,
  type Packet,
  ReasonCodes,
} from "mqtt";
import { generate } from "mqtt-packet";
import type { Arrival, ExpiryReport, OpenSession } from "../../../solutions/04-mqtt5-features.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export function demonstrateSharedSubscriptions(
  brokerUrl: string,
  workers: readonly string[],
  jobs: readonly string[],
): Promise<Record<string, string[]>> {
  return new Promise((resolve, reject) => {
    if (workers.length === 0) throw new RangeError("there are no workers");
    const topic = prefixed(`jobs/${unique()}`);
    const done: Record<string, string[]> = {};
    const clients: MqttClient[] = [];
    let ready = 0;
    let received = 0;
    const leave = () => {
      let open = clients.length;
      for (const client of clients) {
        client.end(false, {}, () => {
          if (--open === 0) resolve(done);
        });
      }
    };
    // The last worker to be ready hands out the jobs, to itself as well.
    const handOut = (foreman: MqttClient) => {
      if (jobs.length === 0) return leave();
      for (const job of jobs) foreman.publish(topic, job, { qos: 1 });
    };
    for (const worker of workers) {
      const client = connect(brokerUrl, { clientId: prefixed(worker), protocolVersion: 5 });
      clients.push(client);
      client.on("error", reject);
      client.on("message", (_topic, payload) => {
        done[worker]?.push(String(payload));
        // The library acknowledges the last job when this handler is through.
        if (++received === jobs.length) setImmediate(leave);
      });
      client.subscribe(`$share/crew/${topic}`, { qos: 2 }, (error) => {
        if (error) return reject(error);
        done[worker] = [];
        if (++ready === workers.length) handOut(client);
      });
    }
  });
}

export function demonstrateMessageExpiry(
  brokerUrl: string,
  shortLife: number,
  longLife: number,
): Promise<ExpiryReport> {
  return new Promise((resolve, reject) => {
    if (![shortLife, longLife].every((life) => life > 0 && life % 1 === 0)) {
      throw new RangeError("a life is a whole number of seconds, from 1");
    }
    const run = unique();
    const lives = { short: shortLife, long: longLife };
    const topicOf = (name: string) => prefixed(`expiry/${run}/${name}`);
    const topics = ["short", "long", "end"].map(topicOf);
    const clients: MqttClient[] = [];
    const open = (name: string, options?: IClientOptions) => {
      const client = connect(brokerUrl, {
        clientId: prefixed(`${name}-${run}`),
        protocolVersion: 5,
        ...options,
      });
      client.on("error", reject);
      clients.push(client);
      return client;
    };
    const session: IClientOptions = {
      clean: false,
      properties: { sessionExpiryInterval: 600 },
    };
    const publisher = open("publisher");
    const away = open("subscriber", session);
    away.subscribe(topics, { qos: 1 }, (error) => {
      if (error) return reject(error);
      away.end(false, {}, publishBoth);
    });

    function publishBoth() {
      let left = 2;
      for (const [text, messageExpiryInterval] of Object.entries(lives)) {
        const properties = { messageExpiryInterval };
        publisher.publish(topicOf(text), text, { qos: 1, retain: true, properties }, (error) => {
          if (error) return reject(error);
          if (--left === 0) setTimeout(comeBack, shortLife * 1000 + 1200);
        });
      }
    }

    function comeBack() {
      const queued: Arrival[] = [];
      const back = open("subscriber", session);
      // It leaves before the next marker: who leaves while a message comes cannot acknowledge it.
      collect(back, queued, () => endAll([back], () => comeLate(queued)));
      publisher.publish(topicOf("end"), "", { qos: 1 });
    }

    function comeLate(queued: Arrival[]) {
      const retained: Arrival[] = [];
      const late = open("late");
      collect(late, retained, () => tidyUp({ queued, retained }));
      late.subscribe(topics, { qos: 1 }, (error) => {
        if (error) return reject(error);
        publisher.publish(topicOf("end"), "", { qos: 1 });
      });
    }

    function collect(client: MqttClient, arrivals: Arrival[], then: () => void) {
      client.on("message", (topic, payload, packet) => {
        if (topic === topicOf("end")) {
          client.removeAllListeners("message");
          return setImmediate(then);
        }
        const remaining = packet.properties?.messageExpiryInterval;
        arrivals.push({ text: payload.toString(), remaining });
      });
    }

    function tidyUp(report: ExpiryReport) {
      const readers = clients.filter((client) => client !== publisher);
      // Before the topics are cleared: who still reads would have to acknowledge that, too.
      endAll(readers, () => {
        for (const text of Object.keys(lives)) {
          publisher.publish(topicOf(text), Buffer.alloc(0), { qos: 1, retain: true });
        }
        endAll([publisher], () => resolve(report));
      });
    }

    function endAll(those: MqttClient[], then: () => void) {
      let left = those.length;
      for (const client of those) {
        client.end(false, { properties: { sessionExpiryInterval: 0 } }, () => {
          if (--left === 0) then();
        });
      }
    }
  });
}

/** Where the answers to one client come, and who waits for them. */
interface Inbox {
  readonly topic: string;
  readonly waiting: Map<string, (answer: Buffer) => void>;
  readonly listener: (topic: string, payload: Buffer, packet: IPublishPacket) => void;
  isSubscribed: boolean;
  readonly onSubscribed: ((error: Error | null) => void)[];
}

const inboxes = new WeakMap<MqttClient, Inbox>();
let requests = 0;

function openInbox(client: MqttClient): Inbox {
  const topic = prefixed(`inbox/${unique()}`);
  const waiting: Inbox["waiting"] = new Map();
  const inbox: Inbox = {
    topic,
    waiting,
    listener: (on, payload, packet) => {
      if (on === topic) waiting.get(hex(packet.properties?.correlationData))?.(payload);
    },
    isSubscribed: false,
    onSubscribed: [],
  };
  inboxes.set(client, inbox);
  client.on("message", inbox.listener);
  client.subscribe(topic, { qos: 1 }, (error) => {
    inbox.isSubscribed = true;
    for (const next of inbox.onSubscribed) next(error);
  });
  return inbox;
}

export function demonstrateRequestReply(
  client: MqttClient,
  topic: string,
  request: string,
  timeout: number,
): Promise<string> {
  const inbox = inboxes.get(client) ?? openInbox(client);
  const correlationData = Buffer.alloc(4);
  correlationData.writeUInt32BE(++requests);
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const close = () => {
      clearTimeout(timer);
      inbox.waiting.delete(hex(correlationData));
      if (inbox.waiting.size > 0) return;
      inboxes.delete(client);
      client.off("message", inbox.listener);
      client.unsubscribe(inbox.topic);
    };
    const fail = (error: Error) => {
      close();
      reject(error);
    };
    inbox.waiting.set(hex(correlationData), (answer) => {
      close();
      resolve(answer.toString("utf8"));
    });
    const ask = (error: Error | null) => {
      if (error) return fail(error);
      timer = setTimeout(() => fail(new Error("nobody answers")), timeout);
      const properties = { responseTopic: inbox.topic, correlationData };
      client.publish(topic, request, { qos: 0, properties }, (refused) => {
        if (refused) fail(refused);
      });
    };
    if (inbox.isSubscribed) ask(null);
    else inbox.onSubscribed.push(ask);
  });
}

export function forwardMessage(
  client: MqttClient,
  message: IPublishPacket,
  topic: string,
  gateway: string,
): Promise<void> {
  const userProperties = Object.assign({}, message.properties?.userProperties);
  const { via } = userProperties;
  if (via === undefined) userProperties.via = gateway;
  else userProperties.via = Array.isArray(via) ? via.concat(gateway) : [via, gateway];
  const properties: NonNullable<IPublishPacket["properties"]> = { userProperties };
  const contentType = message.properties?.contentType;
  if (contentType !== undefined) properties.contentType = contentType;
  return new Promise((resolve, reject) => {
    client.publish(topic, message.payload, { qos: 1, properties }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

export function createAliasPublisher(
  client: MqttClient,
  topic: string,
  alias: number,
): (payload: string) => Promise<void> {
  // The line on which the alias is known: another line is another stream.
  let line: unknown;
  return (payload) =>
    new Promise((resolve, reject) => {
      const isKnown = client.connected && line === client.stream;
      line = client.connected ? client.stream : undefined;
      const properties = { topicAlias: alias };
      client.publish(isKnown ? "" : topic, payload, { qos: 1, properties }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
}

export function consumeSlowly(
  brokerUrl: string,
  topic: string,
  atOnce: number,
  work: (payload: string) => Promise<void>,
): Promise<MqttClient> {
  return new Promise((resolve, reject) => {
    const client = connect(brokerUrl, {
      protocolVersion: 5,
      properties: { receiveMaximum: atOnce },
    });
    // Several are in work at a time: an error keeps the library from its PUBACK, and it reads on.
    client.handleMessage = (packet, next) => {
      if (packet.qos === 0) return next();
      const { stream } = client;
      work(packet.payload.toString()).then(() => {
        // What was not acknowledged on its own line comes again on the next.
        if (stream !== client.stream) return;
        const puback = { cmd: "puback", messageId: packet.messageId ?? 0 } as const;
        stream.write(generate(puback, { protocolVersion: 5 }));
      });
      next(new Error("not done yet"));
    };
    client.on("error", reject);
    client.on("connect", () => {
      client.subscribe(topic, { qos: 1 }, (error) => (error ? reject(error) : resolve(client)));
    });
  });
}

export function reasonInWords(code: number): string {
  if (code === 0) return "0 Success";
  return `${code} ${ReasonCodes[code as keyof typeof ReasonCodes] ?? "unknown reason"}`;
}

export function grantInWords(code: number): string {
  return code > 2 ? `refused: ${reasonInWords(code)}` : `granted QoS ${code}`;
}

export function reportPublish(client: MqttClient, topic: string, payload: string): Promise<string> {
  return new Promise((resolve) => {
    let packetId: number | undefined;
    let code = 0;
    const sent = (packet: Packet) => {
      if (packet.cmd === "publish" && packet.topic === topic && packet.qos === 1) {
        packetId ??= packet.messageId;
      }
    };
    const received = (packet: Packet) => {
      if (packet.cmd === "puback" && packet.messageId === packetId) code = packet.reasonCode ?? 0;
    };
    client.on("packetsend", sent).on("packetreceive", received);
    client.publish(topic, payload, { qos: 1 }, (error) => {
      client.off("packetsend", sent).off("packetreceive", received);
      resolve(reasonInWords(error ? (error as ErrorWithReasonCode).code : code));
    });
  });
}

export function reportSubscribe(client: MqttClient, filters: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    client.subscribe(Array.from(filters), { qos: 1 }, (error, _granted, suback) => {
      if (suback === undefined) return reject(error);
      resolve(suback.granted.map((code) => grantInWords(Number(code))));
    });
  });
}

export function reportDisconnect(client: MqttClient): Promise<string> {
  return new Promise((resolve) => {
    let words = "closed without a DISCONNECT";
    const listen = (packet: Packet) => {
      if (packet.cmd !== "disconnect") return;
      words = reasonInWords(packet.reasonCode ?? 0);
      if (packet.properties?.reasonString) words += `: ${packet.properties.reasonString}`;
    };
    client.on("packetreceive", listen);
    client.once("close", () => {
      client.off("packetreceive", listen);
      resolve(words);
    });
  });
}

export function openSession(
  brokerUrl: string,
  clientId: string,
  startClean: boolean,
  keepSeconds: number,
): Promise<OpenSession> {
  const options: IClientOptions = { clientId, protocolVersion: 5, clean: startClean };
  // Without the property it is 0.
  if (keepSeconds > 0) options.properties = { sessionExpiryInterval: keepSeconds };
  return new Promise((resolve, reject) => {
    const client = connect(brokerUrl, options);
    client.on("connect", (connack) => resolve({ client, resumed: connack.sessionPresent }));
    client.on("error", (error) => {
      client.end(true);
      reject(error);
    });
  });
}

export function subscribeAsBridge(client: MqttClient, filter: string): Promise<void> {
  return new Promise((resolve, reject) => {
    client.subscribe({ [filter]: { qos: 1, nl: true, rap: true, rh: 1 } }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

export function setupPatientWill(clientId: string, topic: string, seconds: number): IClientOptions {
  const options: IClientOptions = { protocolVersion: 5, clientId, clean: false };
  options.properties = { sessionExpiryInterval: seconds + 60 };
  options.will = {
    topic,
    payload: Buffer.from("offline"),
    qos: 1,
    retain: false,
    properties: { willDelayInterval: seconds },
  };
  return options;
}

export function routeByFilter(
  client: MqttClient,
  filters: readonly string[],
  tell: (filter: string, payload: string) => void,
): Promise<void> {
  const filterOf = new Map(filters.map((filter, index) => [1000 + index, filter]));
  client.on("message", (_topic, payload, packet) => {
    const identifiers = packet.properties?.subscriptionIdentifier;
    if (identifiers === undefined) return;
    for (const identifier of Array.isArray(identifiers) ? identifiers : [identifiers]) {
      const filter = filterOf.get(identifier);
      if (filter) tell(filter, String(payload));
    }
  });
  return new Promise((resolve, reject) => {
    let left = filterOf.size;
    for (const [subscriptionIdentifier, filter] of filterOf) {
      const options = { qos: 1, properties: { subscriptionIdentifier } } as const;
      client.subscribe(filter, options, (error) => {
        if (error) return reject(error);
        if (--left === 0) resolve();
      });
    }
  });
}

function unique(): string {
  return `${process.pid}${Math.random().toString(36).slice(2)}`;
}

function hex(correlationData: Buffer | undefined): string {
  return correlationData?.toString("hex") ?? "none";
}
