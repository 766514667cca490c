/**
 * Module 4: what MQTT 5 adds.
 *
 * MQTT 5 gave each packet room for properties, and the protocol new promises to go with them. The first
 * half is about the three that change how a system is built: a group that shares its work, messages
 * that end when they are of no more use, and questions that get their own answer.
 *
 * The lesson is beside this file: exercises/04-mqtt5-features.md
 */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  connect,
  connectAsync,
  type IClientOptions,
  type IPublishPacket,
  type MqttClient,
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

/** A day in a building: work to share, news that grow old, and rooms that can be asked. */
export async function main(demo: Demo): Promise<void> {
  await showFirstHalf(demo);
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
  console.log(
    "\nOne message lives for 1 second, another one for 60. Two seconds later there is left:",
  );
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

await runScript(import.meta.url, main);
