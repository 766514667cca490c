/**
 * Module 4: what MQTT 5 adds.
 *
 * MQTT 5 gave each packet room for properties, and the protocol new promises to go with them. The first
 * half is about the three that change how a system is built: a group that shares its work, messages
 * that end when they are of no more use, and questions that get their own answer. The second half is
 * about the rest that an application meets: properties, reasons, sessions, options.
 *
 * The lesson is beside this file: exercises/04-mqtt5-features.md
 */
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import {
  connect,
  connectAsync,
  type ErrorWithReasonCode,
  type ErrorWithSubackPacket,
  type IClientOptions,
  type IPublishPacket,
  type MqttClient,
  type Packet,
  ReasonCodes,
} from "mqtt";
import { type Demo, runScript } from "../workbook/script.ts";
import { prefixed } from "../workbook/telemetry.ts";
import { Todo } from "../workbook/todo.ts";

/**
 * Let a group of workers share these jobs, and return who did what: for each worker's name the jobs that
 * it received, in the order in which they came.
 *
 * Each worker is a client of its own, with the client id `prefixed(worker)`. All are members of one
 * group on one topic, by a subscription to `$share/<group>/<topic>` [MQTT-4.8.2-1]. A job is one message
 * with QoS 1, published on the topic itself; its payload is the text that you were given. Two jobs may
 * say the same. The broker gives each to one member of the group.
 *
 * Hand out the first job when the broker has confirmed every worker's subscription, and return when
 * every job has reached a worker. Use a topic that nobody else uses, with `prefixed(...)` around it.
 * Close what you opened.
 *
 * @param workers their names, all different; without any there is nobody to do a job
 * @throws RangeError when there are no workers, before anything is sent
 */
export async function demonstrateSharedSubscriptions(
  brokerUrl: string,
  workers: readonly string[],
  jobs: readonly string[],
): Promise<Record<string, string[]>> {
  throw new Todo("demonstrateSharedSubscriptions");
}

/** A message as it arrived, and how long it still had to live. */
export interface Arrival {
  /** The payload: `short` or `long`. */
  readonly text: string;
  /** The Message Expiry Interval that the message arrived with, in seconds. */
  readonly remaining: number | undefined;
}

/** What was left of the two messages when somebody looked. */
export interface ExpiryReport {
  /** What the subscriber that was away got when it came back. */
  readonly queued: Arrival[];
  /** What a subscriber that came late got of the retained messages. */
  readonly retained: Arrival[];
}

/**
 * Publish a message with a short life and one with a long life, and report what is left of them when
 * the short life is over.
 *
 * 1. A subscriber with a session comes, subscribes with QoS 1, and goes.
 * 2. Two messages are published, each on a topic of its own, with QoS 1 and retained: `short` lives for
 *    `shortLife` seconds, `long` for `longLife`. Those words are the payloads.
 * 3. Time passes: more than `shortLife + 1` seconds. Brokers count in whole seconds, and one of them may
 *    have begun just before the message came.
 * 4. The subscriber comes back to its session, and gets what waited for it. Another one comes for the
 *    first time, subscribes, and gets what was retained.
 *
 * On the wire: the PUBLISH carries a Message Expiry Interval. When it has passed the broker deletes the
 * message [MQTT-3.3.2-5]; what it delivers before that carries the time that is left [MQTT-3.3.2-6].
 * Use topics and client ids that nobody else uses, with `prefixed(...)` around them. Leave no connection
 * behind, no session, and no retained message.
 *
 * @param shortLife in seconds, a whole number from 1
 * @param longLife in seconds, a whole number from 1
 * @throws RangeError when a life is anything else, before anything is sent
 */
export async function demonstrateMessageExpiry(
  brokerUrl: string,
  shortLife: number,
  longLife: number,
): Promise<ExpiryReport> {
  throw new Todo("demonstrateMessageExpiry");
}

/**
 * Publish this request, and return the text of its answer.
 *
 * On the wire: a SUBSCRIBE to a topic for answers, and when the broker has confirmed it the PUBLISH of
 * the request. It carries that topic as its Response Topic [MQTT-3.3.2-15], and Correlation Data
 * [MQTT-3.3.2-16]. Whoever answers publishes on the Response Topic, with the same Correlation Data.
 *
 * The client is your caller's. It may have other subscriptions, even to `topic`, and your caller may ask
 * many questions at once, of this client and of others. So take as the answer only what comes on your
 * Response Topic and carries the Correlation Data of this request. An answer with other Correlation Data
 * is another's, and one with none is nobody's. Use a Response Topic with `prefixed(...)` around it.
 *
 * When you are done, with an answer or without, the client is as it was before: no subscription, no
 * listener and no timer of yours is left.
 *
 * @param timeout how long to wait for the answer, in milliseconds
 * @throws Error when no answer has come by then
 */
export async function demonstrateRequestReply(
  client: MqttClient,
  topic: string,
  request: string,
  timeout: number,
): Promise<string> {
  throw new Todo("demonstrateRequestReply");
}

/**
 * Pass a message on, as a gateway does between two parts of a building: the same payload, content type
 * and user properties, on another topic, and one user property more. That one says through which
 * gateway it came: `via`, with the value `gateway`. A message may have come through others before: then
 * it has a `via` for each, and yours stands behind them. One name may stand there many times, in order
 * [MQTT-3.3.2-18].
 *
 * Resolves when the broker has it, with QoS 1. The other properties of the message belong to the way on
 * which it came to you (a topic alias, a subscription identifier): leave them behind.
 */
export async function forwardMessage(
  client: MqttClient,
  message: IPublishPacket,
  topic: string,
  gateway: string,
): Promise<void> {
  throw new Todo("forwardMessage");
}

/**
 * A function that publishes to one topic, and spares the bytes of its name: the first PUBLISH has the
 * topic and, as a property, the alias; each later one has the alias and an empty topic.
 * With QoS 1; the promise resolves when the broker has the message.
 *
 * An alias ends with the connection [MQTT-3.3.2-7]. After a reconnect the first PUBLISH has both again.
 *
 * @param alias from 1 [MQTT-3.3.2-8] to the Topic Alias Maximum in the CONNACK [MQTT-3.3.2-9]
 */
export function createAliasPublisher(
  client: MqttClient,
  topic: string,
  alias: number,
): (payload: string) => Promise<void> {
  throw new Todo("createAliasPublisher");
}

/**
 * A consumer that is slower than its publishers, and says so. It takes the messages of a topic with
 * QoS 1, calls `work` with the payload of each, and acknowledges a message when its work is done, not
 * before. Its CONNECT has a Receive Maximum of `atOnce`: the broker never has more messages than that on
 * the way without an acknowledgement [MQTT-3.3.4-9], and keeps the others back.
 *
 * Resolves with the client when the subscription is confirmed. Leave its client id to the library.
 *
 * @param work ends when the message is dealt with; never fails
 */
export async function consumeSlowly(
  brokerUrl: string,
  topic: string,
  atOnce: number,
  work: (payload: string) => Promise<void>,
): Promise<MqttClient> {
  throw new Todo("consumeSlowly");
}

/** The reason code of a PUBACK or a DISCONNECT in words. Given: use it wherever you need it. */
export function reasonInWords(code: number): string {
  const words = code === 0 ? "Success" : ReasonCodes[code as keyof typeof ReasonCodes];
  return `${code} ${words ?? "unknown reason"}`;
}

/** One reason code of a SUBACK in words. Given: use it wherever you need it. */
export function grantInWords(code: number): string {
  return code <= 2 ? `granted QoS ${code}` : `refused: ${reasonInWords(code)}`;
}

/**
 * Publish with QoS 1, and say what the broker's PUBACK says, through `reasonInWords`: "0 Success",
 * "16 No matching subscribers" when nobody receives it, or for example "135 Not authorized" when the
 * broker refuses it. A refusal is an answer like the others: return it, do not throw it.
 *
 * Several calls may be under way at once, and their PUBACKs come in any order: each has the packet
 * identifier of its PUBLISH [MQTT-2.2.1-5]. No listener stays behind.
 */
export async function reportPublish(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<string> {
  throw new Todo("reportPublish");
}

/**
 * Subscribe to all filters with one SUBSCRIBE, asking for QoS 1, and say what became of each, in their
 * order, through `grantInWords`. The SUBACK has a reason code for every filter [MQTT-3.8.4-6]: the
 * broker may grant one, grant another with a lower QoS, and refuse the third. A refusal is an answer
 * like the others: return it, do not throw it.
 */
export async function reportSubscribe(
  client: MqttClient,
  filters: readonly string[],
): Promise<string[]> {
  throw new Todo("reportSubscribe");
}

/**
 * Wait for the end of this client's connection, and say why it ended: the reason code of the broker's
 * DISCONNECT through `reasonInWords`, and behind it the Reason String, where there is one, as in
 * "139 Server shutting down: back at noon".
 *
 * A broker may also close the line and say nothing, and a cut cable never says anything: then it is
 * "closed without a DISCONNECT".
 */
export function reportDisconnect(client: MqttClient): Promise<string> {
  throw new Todo("reportDisconnect");
}

/** A connection, and whether the broker still had a session for it. */
export interface OpenSession {
  readonly client: MqttClient;
  readonly resumed: boolean;
}

/**
 * Connect, and choose two things that have nothing to do with each other:
 *
 * - `startClean`: whether the broker forgets what it has of this client's last session [MQTT-3.1.2-4];
 * - `keepSeconds`: how long it keeps the session when the connection has ended [MQTT-3.1.2-23]. 0 is
 *   not at all.
 *
 * Resolves when the broker has accepted the connection. `resumed` is what its CONNACK says: whether it
 * had a session to go on with [MQTT-3.2.2-3].
 */
export async function openSession(
  brokerUrl: string,
  clientId: string,
  startClean: boolean,
  keepSeconds: number,
): Promise<OpenSession> {
  throw new Todo("openSession");
}

/**
 * Subscribe as a bridge does, that copies what others publish to another broker, and what comes from
 * there to this one. With QoS 1, and with three subscription options:
 *
 * - No Local: what this client publishes itself does not come back to it [MQTT-3.8.3-3];
 * - Retain As Published: the RETAIN flag comes as the publisher set it [MQTT-3.3.1-13];
 * - Retain Handling: what the broker keeps comes with the first subscription, and not again when the
 *   same client subscribes a second time [MQTT-3.3.1-10].
 */
export async function subscribeAsBridge(client: MqttClient, filter: string): Promise<void> {
  throw new Todo("subscribeAsBridge");
}

/**
 * The options with which a device connects whose line breaks often, and only for moments. Its will
 * ("offline" on `topic`, QoS 1) waits for `seconds`. When the device is back in time, with the same
 * options, nobody hears of it [MQTT-3.1.3-9]; when it is not, the will comes.
 *
 * The will comes sooner if the session ends sooner [MQTT-3.1.2-8]. So the session has to live as long,
 * and the device has to go on with it when it comes back.
 */
export function setupPatientWill(clientId: string, topic: string, seconds: number): IClientOptions {
  throw new Todo("setupPatientWill");
}

/**
 * Subscribe to several filters with QoS 1, and call `tell` for each message with the filter that it
 * matched and its payload. A message that matches two filters is told under both.
 *
 * You match nothing yourself: each SUBSCRIBE carries a Subscription Identifier (1 or more), and the
 * broker puts it into what it sends for that subscription [MQTT-3.3.4-3]. One copy may carry several
 * [MQTT-3.3.4-4], or there are several copies [MQTT-3.3.4-5]. What carries none is not yours.
 *
 * Resolves when all subscriptions are confirmed. What comes right behind a SUBACK is told, too.
 */
export async function routeByFilter(
  client: MqttClient,
  filters: readonly string[],
  tell: (filter: string, payload: string) => void,
): Promise<void> {
  throw new Todo("routeByFilter");
}

/** A day in a building: work to share, news that grow old, and rooms that can be asked. */
export async function main(demo: Demo): Promise<void> {
  await showFirstHalf(demo);
  await showSecondHalf(demo);
}

async function showFirstHalf(demo: Demo): Promise<void> {
  await showSharedWork(demo);
  await showOnlooker(demo);
  await showLostWorker(demo);
  await showExpiry(demo);
  await showQuestions(demo);
}

async function showSharedWork({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nSix jobs and three workers. Each job is done once:");
  const jobs = ["job 1", "job 2", "job 3", "job 4", "job 5", "job 6"];
  const done = await demonstrateSharedSubscriptions(brokerUrl, ["ann", "ben", "cleo"], jobs);
  for (const [worker, own] of Object.entries(done)) {
    console.log(`  ${worker}: ${own.join(", ") || "nothing"}`);
  }
  showWire("One group: the broker chooses who gets which job");
}

async function showOnlooker({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nJob 1 was retained before anybody came. Then an inspector subscribes as usual,");
  console.log("ann and ben as a group, and three more jobs are published:");
  const topic = prefixed("work");
  const boss = await openClient(brokerUrl, "boss");
  await boss.publishAsync(topic, "job 1", { qos: 1, retain: true });
  const inspector = await openReader(brokerUrl, "inspector", topic);
  const ann = await openReader(brokerUrl, "ann", `$share/group/${topic}`);
  const ben = await openReader(brokerUrl, "ben", `$share/group/${topic}`);
  const jobs = ["job 2", "job 3", "job 4"];
  for (const job of jobs) await boss.publishAsync(topic, job, { qos: 1 });
  for (const job of jobs) await Promise.race([ann.reads(job), ben.reads(job)]);
  await inspector.reads("job 4");
  for (const reader of [inspector, ann, ben]) {
    console.log(`  ${reader.name}: ${reader.read.join(", ")}`);
    await reader.client.endAsync();
  }
  if ([...ann.read, ...ben.read].includes("job 1")) {
    console.log("This broker sent the retained job to the group, to each member. It should not:");
    console.log("a shared subscription gets no retained messages (section 4.8.2).");
  }
  await boss.publishAsync(topic, "", { qos: 1, retain: true });
  await boss.endAsync();
  showWire("An ordinary subscriber sees all of it; what is retained is not for the group");
}

async function showLostWorker({ brokerUrl, faults, showWire }: Demo): Promise<void> {
  console.log("\nThe line of a worker breaks before it can acknowledge its job:");
  const topic = prefixed("work");
  const boss = await openReader(brokerUrl, "boss", prefixed("obituaries"));
  const will = {
    topic: prefixed("obituaries"),
    payload: Buffer.from("ben is gone"),
    qos: 1,
  } as const;
  const ann = await openReader(brokerUrl, "ann", `$share/group/${topic}`);
  const ben = await openReader(brokerUrl, "ben", `$share/group/${topic}`, {
    will: { ...will, retain: false },
    reconnectPeriod: 0,
  });
  faults.arm(
    { do: "cut", when: "before" },
    ({ type, connection }) => type === "puback" && connection.clientId === prefixed("ben"),
  );
  for (const job of ["job 1", "job 2"]) await boss.client.publishAsync(topic, job, { qos: 1 });
  await boss.reads("ben is gone");
  for (const job of ["job 3", "job 4"]) await boss.client.publishAsync(topic, job, { qos: 1 });
  await ann.reads("job 4");
  for (const { name, read } of [ann, ben]) console.log(`  ${name}: ${read.join(", ")}`);
  const inHand = ben.read.filter((job) => ann.read.includes(job));
  console.log(
    inHand.length > 0
      ? `The broker gave ${inHand.join(", ")} to ann as well: nobody had acknowledged it.`
      : "What comes now is ann's. What ben had in hand is not given to anybody else.",
  );
  for (const { client } of [boss, ann, ben]) await client.endAsync();
  showWire("A worker dies: the group goes on without it");
}

async function showExpiry({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nOne message lives for 1 second, another one for 60. Two seconds later:");
  const { queued, retained } = await demonstrateMessageExpiry(brokerUrl, 1, 60);
  const tell = (arrivals: readonly Arrival[]) =>
    arrivals.map(({ text, remaining }) => `${text}, ${remaining} s left`).join("; ") || "nothing";
  console.log(`  for who was away:   ${tell(queued)}`);
  console.log(`  for who comes late: ${tell(retained)}`);
  showWire("What has expired is gone, and the rest says how long it has");
}

async function showQuestions({ brokerUrl, faults, showWire }: Demo): Promise<void> {
  console.log("\nTwo rooms are asked at once:");
  const panel = await openClient(brokerUrl, "panel");
  const rooms = await openClient(brokerUrl, "rooms");
  const values: Record<string, string> = { hall: "19.5 °C", attic: "27.1 °C" };
  const topic = prefixed("questions");
  await answerRequests(rooms, topic, (room) => values[room]);
  const ask = (room: string) =>
    demonstrateRequestReply(panel, topic, room, 200).then(
      (answer) => console.log(`  ${room}: ${answer}`),
      (error: Error) => console.log(`  ${room}: ${error.message}`),
    );
  await Promise.all([ask("hall"), ask("attic")]);
  // The last acknowledgements are still on their way; they shall be in the drawing.
  await pause(50);
  showWire("Response Topic and Correlation Data: each request gets its own answer");

  console.log("\nNobody answers for the cellar, and the answer of the hall comes too late:");
  await ask("cellar");
  const answer = faults.arm(
    { do: "hold" },
    ({ type, connection }) => type === "publish" && connection.clientId === prefixed("rooms"),
  );
  await ask("hall");
  answer.release();
  await panel.endAsync();
  await rooms.endAsync();
  showWire("No answer in time is an error; a late one finds nobody any more");
}

/** The other side of a request: answers each one, or says nothing where there is no answer. */
async function answerRequests(
  client: MqttClient,
  topic: string,
  answerTo: (request: string) => string | undefined,
): Promise<void> {
  client.on("message", (_topic, payload, { properties }) => {
    const answer = answerTo(payload.toString());
    const { responseTopic, correlationData } = properties ?? {};
    // Who leaves no Response Topic wants no answer.
    if (answer === undefined || responseTopic === undefined) return;
    client.publish(responseTopic, answer, {
      qos: 1,
      properties: correlationData === undefined ? {} : { correlationData },
    });
  });
  await client.subscribeAsync(topic, { qos: 1 });
}

function openClient(
  brokerUrl: string,
  name: string,
  options?: IClientOptions,
): Promise<MqttClient> {
  return connectAsync(brokerUrl, { clientId: prefixed(name), protocolVersion: 5, ...options });
}

/** A client that subscribes with QoS 1 and keeps what it reads. */
async function openReader(
  brokerUrl: string,
  name: string,
  filter: string,
  options?: IClientOptions,
) {
  const client = await openClient(brokerUrl, name, options);
  const read: string[] = [];
  client.on("message", (_topic, payload) => read.push(payload.toString()));
  await client.subscribeAsync(filter, { qos: 1 });
  return {
    name,
    client,
    read,
    /** Resolves when this text has been read. */
    reads: (text: string) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!read.includes(text)) return;
          client.off("message", look);
          resolve();
        };
        client.on("message", look);
        look();
      }),
  };
}

/** What else MQTT 5 has for an application, a few packets each. */
async function showSecondHalf(demo: Demo): Promise<void> {
  await showProperties(demo);
  await showAlias(demo);
  await showFlowControl(demo);
  await showReasons(demo);
  await showHangUp(demo);
  await showSessions(demo);
  await showBridge(demo);
  await showWillDelay(demo);
  await showIdentifiers(demo);
  await showAuthentication(demo);
}

async function showProperties({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nA reading goes through two gateways. Its properties tell what it is:");
  const [sensor, display] = [
    await openClient(brokerUrl, "sensor"),
    await openClient(brokerUrl, "display"),
  ];
  const [down, up] = [prefixed("downstairs/co2"), prefixed("upstairs/co2")];
  const arrived = new Promise<IPublishPacket>((resolve) => {
    display.on("message", async (topic, _payload, packet) => {
      if (topic === down) await forwardMessage(display, packet, up, "stairs");
      else resolve(packet);
    });
  });
  await display.subscribeAsync([down, up], { qos: 1 });
  const properties = {
    contentType: "application/json",
    userProperties: { via: "cellar", unit: "ppm" },
  };
  await sensor.publishAsync(down, '{"value":612}', { qos: 1, properties });
  const { properties: got } = await arrived;
  console.log(`  ${got?.contentType}, ${JSON.stringify(got?.userProperties)}`);
  await Promise.all([sensor.endAsync(), display.endAsync()]);
  showWire("User properties, a name more than once");
}

async function showAlias({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nA long topic, with its name in each PUBLISH, and with an alias:");
  const sensor = await openClient(brokerUrl, "sensor");
  const topic = prefixed("building/3/floor/2/kitchen/co2");
  const line = sensor.stream as Socket;
  const before = line.bytesWritten;
  for (const value of ["612", "615", "611"]) await sensor.publishAsync(topic, value, { qos: 1 });
  const withName = line.bytesWritten - before;
  const publish = createAliasPublisher(sensor, topic, 1);
  for (const value of ["612", "615", "611"]) await publish(value);
  const withAlias = line.bytesWritten - before - withName;
  console.log(`  three messages: ${withName} B with the name, ${withAlias} B with the alias`);
  console.log("The line breaks. The alias is gone, and the name goes out once more:");
  const back = new Promise((resolve) => sensor.once("connect", resolve));
  line.destroy();
  await back;
  for (const value of ["613", "610"]) await publish(value);
  await sensor.endAsync();
  showWire("An alias lives as long as its connection");
}

async function showFlowControl({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nFive orders at once for a kitchen that takes two at a time:");
  const topic = prefixed("kitchen/orders");
  let cooked = 0;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const kitchen = await consumeSlowly(brokerUrl, topic, 2, async (order) => {
    await pause(50);
    console.log(`  cooked ${order}`);
    if (++cooked === 5) finish();
  });
  const guest = await openClient(brokerUrl, "guest");
  const orders = ["soup", "rice", "fish", "cake", "tea"];
  await Promise.all(orders.map((order) => guest.publishAsync(topic, order, { qos: 1 })));
  await finished;
  await Promise.all([kitchen.endAsync(), guest.endAsync()]);
  showWire("Receive Maximum 2: the third PUBLISH waits for the first PUBACK");
}

async function showReasons({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nWhat the broker says to a publish, and to each filter:");
  const client = await openClient(brokerUrl, "asker");
  const topic = prefixed("reasons/here");
  const filters = [topic, prefixed("reasons/+/far")];
  for (const [index, words] of (await reportSubscribe(client, filters)).entries()) {
    console.log(`  SUBSCRIBE ${filters[index]}: ${words}`);
  }
  for (const to of [topic, prefixed("reasons/nowhere"), "$SYS/broker/version"]) {
    console.log(`  PUBLISH ${to}: ${await reportPublish(client, to, "x")}`);
  }
  await client.endAsync();
  showWire("Reason codes: in the PUBACK, and one for each filter in the SUBACK");
}

async function showHangUp({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nA client mistakes a filter for a topic, and the broker hangs up:");
  const client = await openClient(brokerUrl, "confused", { reconnectPeriod: 0 });
  const why = reportDisconnect(client);
  client.publish(prefixed("sensors/#"), "612");
  console.log(`  ${await why}`);
  showWire("A DISCONNECT from the broker says why");
}

async function showSessions({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nTwo choices: to begin anew or to go on, and how long to be remembered:");
  const visit = async (startClean: boolean, keepSeconds: number) => {
    const { client, resumed } = await openSession(
      brokerUrl,
      prefixed("visitor"),
      startClean,
      keepSeconds,
    );
    const words = `${startClean ? "begins anew" : "goes on"}, to be kept ${keepSeconds} s`;
    console.log(`  ${words}: ${resumed ? "the session was there" : "a new session"}`);
    // Some brokers know a session by its subscriptions.
    await client.subscribeAsync(prefixed("visitors"), { qos: 1 });
    await client.endAsync();
  };
  await visit(true, 60);
  await visit(false, 60);
  await visit(true, 1);
  console.log("  (two seconds pass)");
  await pause(2000);
  await visit(false, 0);
  await visit(false, 0);
  showWire("Clean Start and Session Expiry Interval");
}

async function showBridge({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nA bridge subscribes, and publishes on the same topic:");
  // A client that reconnects by itself sends no second SUBSCRIBE for the same filter.
  const bridge = await openClient(brokerUrl, "bridge", { reconnectPeriod: 0 });
  const lamp = await openClient(brokerUrl, "lamp");
  const topic = prefixed("bridge/status");
  const seen = new Promise<void>((resolve) => {
    bridge.on("message", (_topic, payload, { retain }) => {
      console.log(`  the bridge hears "${payload}"${retain ? ", with RETAIN" : ""}`);
      if (payload.toString() === "") resolve();
    });
  });
  await lamp.publishAsync(topic, "kept", { qos: 1, retain: true });
  for (const _time of ["first", "second"]) await subscribeAsBridge(bridge, topic);
  await bridge.publishAsync(topic, "from the bridge itself", { qos: 1 });
  await lamp.publishAsync(topic, "live, and to be kept", { qos: 1, retain: true });
  await lamp.publishAsync(topic, "", { qos: 1, retain: true });
  await seen;
  await Promise.all([bridge.endAsync(), lamp.endAsync()]);
  showWire("No Local, Retain As Published, Retain Handling");
}

async function showWillDelay({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nA device is away for a moment, and then for good. Its will waits a second:");
  const topic = prefixed("patience/status");
  const monitor = await openClient(brokerUrl, "monitor");
  const options = setupPatientWill(prefixed("device"), topic, 1);
  const gone = new Promise<void>((resolve) => {
    monitor.on("message", (_topic, payload) => {
      console.log(`  the monitor hears "${payload}"`);
      if (payload.toString() === "offline") resolve();
    });
  });
  await monitor.subscribeAsync(topic, { qos: 1 });
  const first = await connectAsync(brokerUrl, options);
  await first.endAsync(true);
  const second = await connectAsync(brokerUrl, options);
  await pause(2500);
  await second.publishAsync(topic, "I was away, and nobody heard of it", { qos: 1 });
  await second.endAsync(true);
  await gone;
  await monitor.endAsync();
  showWire("A will with a delay: only the second outage was long enough");
}

async function showIdentifiers({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nOne client, two filters, and the broker says which of them matched:");
  const client = await openClient(brokerUrl, "router");
  const [all, alarm] = [prefixed("house/#"), prefixed("house/+/alarm")];
  const last = new Promise<void>((resolve) => {
    client.on("message", (topic) => topic.endsWith("/end") && resolve());
  });
  await routeByFilter(client, [all, alarm], (filter, payload) => {
    console.log(`  ${filter}: ${payload}`);
  });
  await client.publishAsync(prefixed("house/kitchen/alarm"), "smoke", { qos: 1 });
  await client.publishAsync(prefixed("house/end"), "that was all", { qos: 1 });
  await last;
  await client.endAsync();
  showWire("Subscription Identifiers");
}

async function showAuthentication({ brokerUrl, showWire }: Demo): Promise<void> {
  console.log("\nA client offers an authentication that this broker does not have:");
  const authenticationData = Buffer.from("n,,n=anna,r=fyko+d2lbbFgONRv9qkxdawL");
  const properties = { authenticationMethod: "SCRAM-SHA-256", authenticationData };
  await openClient(brokerUrl, "anna", { properties, reconnectPeriod: 0 }).then(
    (client) => client.endAsync(),
    (error: Error) => console.log(`  ${error.message}`),
  );
  showWire("Enhanced authentication, refused");
}

await runScript(import.meta.url, main);
