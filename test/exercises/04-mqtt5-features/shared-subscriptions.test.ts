import { loadAnswers } from "../../../workbook/checks/harness/answers.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { clientsFromHere } from "../../../workbook/checks/harness/clients.ts";
import { settles } from "../../../workbook/checks/harness/deadline.ts";
import { type Desk, received, sent } from "../../../workbook/checks/harness/desk.ts";
import { callWhileHeld, roundTrip } from "../../../workbook/checks/harness/held.ts";
import { stillThere } from "../../../workbook/checks/harness/left-open.ts";
import { NotOnThisBroker } from "../../../workbook/checks/harness/not-on-this-broker.ts";
import { foreignName, notYourOwn, usePrefix } from "../../../workbook/checks/harness/own-names.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { prefixed } from "../../../workbook/telemetry.ts";
import { filterMatches, isShared } from "../../../workbook/wire/filters.ts";
import type { Connection, Entry, Frame } from "../../../workbook/wire/transcript.ts";
import { refuses } from "./refuses.ts";

type Answers = typeof import("../../../solutions/04-mqtt5-features.ts");
const answers = () => loadAnswers<Answers>();
const NAME = "demonstrateSharedSubscriptions";
const WORKERS = ["ann", "ben", "cleo"];

describe(NAME, () => {
  // First, because jobs that are handed out too early are lost, and who waits for them waits for ever.
  check(NAME, "hands out no job before every worker is ready", async (desk) => {
    const { share, jobsSent } = await stage(desk);
    for (const worker of WORKERS) {
      const earlier = new Set(desk.frames());
      const isNew = (frame: Frame) => !earlier.has(frame);
      const isOwn = ({ connection }: Frame) => connection.clientId === prefixed(worker);
      const isReady = (frame: Frame) => received("suback")(frame) && isOwn(frame);
      const held = await callWhileHeld(desk, isReady, "SUBSCRIBE", share);
      await untilQuiet(desk);
      const early = jobsSent().filter(isNew);
      // That everybody joins at all is another check's question.
      const joins = desk.frames(sent("subscribe")).some((frame) => isNew(frame) && isOwn(frame));
      if (joins && early.length > 0) {
        throw new Wrong({
          headline: "a job goes out before every worker is ready",
          expected: "a SUBACK for each worker, and then the first job",
          got: `${early.length} of ${jobsIn(desk).length} jobs while the SUBACK of ${worker} was still on its way`,
          why: "the broker gives a job to who is subscribed by then: who comes later has no part in it, and with nobody there it is dropped",
          wire: desk.frames(
            (frame) => isNew(frame) && frame.type !== "connect" && frame.type !== "connack",
          ),
        });
      }
      held.release();
      await settles(NAME, () => held.result);
    }
  });

  check(NAME, "gives each job to one worker only", async (desk) => {
    const { share, deliveries } = await stage(desk);
    await settles(NAME, share);
    const texts = deliveries().map(payloadOf);
    const twice = texts.find((text, index) => texts.indexOf(text) !== index);
    if (twice === undefined) return;
    const filters = new Set(subscriptions(desk).map(({ filter }) => filter));
    throw new Wrong({
      headline: "a job is done by several workers",
      expected: "each job reaches one worker",
      got: `"${twice}" reached ${texts.filter((text) => text === twice).length}`,
      why:
        filters.size > 1
          ? "workers share what they get only within one group: the same name and the same filter"
          : "every ordinary subscription gets its own copy; those of a group begin with $share/",
      wire: desk.frames(({ type }) => type === "subscribe" || type === "publish"),
    });
  });

  check(NAME, "has all workers take their jobs from one group", async (desk) => {
    const { share, deliveries } = await stage(desk);
    await settles(NAME, share);
    const shared = subscriptions(desk).filter(({ filter }) => isShared(filter));
    const members = new Set(shared.map(({ connection }) => connection));
    const past = deliveries().find(
      (frame) =>
        !shared.some(
          ({ connection, filter }) =>
            connection === frame.connection && filterMatches(filter, topicOf(frame)),
        ),
    );
    if (past === undefined && members.size >= WORKERS.length) return;
    throw new Wrong({
      headline: past
        ? "a job does not come by way of the group"
        : "not every worker is in the group",
      expected: `${WORKERS.length} clients, each with a subscription to $share/<group>/<topic of the jobs>`,
      got: past
        ? `${past.connection.name} got a job on ${topicOf(past)}, which it shares with nobody`
        : `${members.size} ${members.size === 1 ? "client" : "clients"} with one`,
      why: "the broker chooses among the members of a group; who is not in it has no part in the work",
      wire: desk.frames(({ type }) => type === "subscribe" || type === "publish"),
    });
  });

  check(NAME, "hands out each job with QoS 1", async (desk) => {
    const { share, jobsSent, deliveries } = await stage(desk);
    await settles(NAME, share);
    const weak = [...jobsSent(), ...deliveries()].find((frame) => qosOf(frame) === 0);
    if (weak === undefined) return;
    const fromAnswer = weak.direction === "to-broker";
    throw new Wrong({
      headline: "a job is handed out with QoS 0",
      expected: "every job with QoS 1, to the broker and from there to the worker",
      got: fromAnswer
        ? "→ PUBLISH with QoS 0, to the broker"
        : "← PUBLISH with QoS 0, to the worker: its subscription asked for no more",
      why: "nobody acknowledges QoS 0: a job that gets lost is missed by nobody [MQTT-4.3.1-1]",
      wire: desk.frames(({ type }) => type === "subscribe" || type === "publish"),
    });
  });

  check(NAME, "says who did what", async (desk) => {
    const { share, deliveries } = await stage(desk);
    const told = await settles(NAME, share);
    const onWire = Object.fromEntries(
      WORKERS.map((worker) => {
        const own = deliveries().filter(
          ({ connection }) => connection.clientId === prefixed(worker),
        );
        return [worker, own.map(payloadOf)];
      }),
    );
    // That nothing is missing is another check's question.
    const isTrue = (worker: string) => {
      const own: unknown = told?.[worker];
      return Array.isArray(own) && isInOrder(own, onWire[worker] ?? []);
    };
    if (WORKERS.every(isTrue)) return;
    throw new Wrong({
      headline: "what you return is not what the workers got",
      expected: JSON.stringify(onWire),
      got: JSON.stringify(told) ?? "nothing",
      why: "each worker has a client of its own, and what that client receives is what it did",
      wire: desk.frames(received("publish")),
    });
  });

  check(NAME, "comes back when every job is done, and not before", async (desk) => {
    const { jobs, share } = await stage(desk);
    // Two jobs that say the same are two jobs. The second of them takes its time.
    const [again = ""] = jobs;
    jobs.push(again);
    const copies = new Set<Frame>();
    const isSecond = (frame: Frame) => {
      if (received("publish")(frame) && payloadOf(frame) === again) copies.add(frame);
      return copies.size === 2 && copies.has(frame);
    };
    const last = desk.faults.arm({ do: "hold" }, isSecond);
    desk.atEnd(() => last.release());
    let early = false;
    const result = share().finally(() => {
      early = true;
    });
    const worker = last.met.then(({ connection }) => connection);
    const held = await Promise.race([worker, settles(NAME, () => result).then(() => undefined)]);
    await untilQuiet(desk);
    // Who has gone home gets no job any more, whatever the function waits for then.
    const gone = desk.frames(sent("disconnect")).some(({ connection }) => connection === held);
    if (early || gone) {
      throw new Wrong({
        headline: `${NAME} comes back before every job is done`,
        expected: `${jobs.length} jobs reach a worker, two of them with the same text, and then it resolves`,
        got: early
          ? "it resolved while one of them was still on its way"
          : "the worker said goodbye while one of them was still on its way to it",
        why: "a PUBACK says that the broker has the job; that a worker has it is known when it is received",
        wire: desk.frames(({ type }) => type === "publish" || type === "puback"),
      });
    }
    last.release();
    const told = Object.values((await settles(NAME, () => result)) ?? {}).flat();
    const missing = jobs.filter((job) => countOf(told, job) < countOf(jobs, job));
    if (missing.length === 0) return;
    throw new Wrong({
      headline: "jobs are missing in what you return",
      expected: `${jobs.length} jobs, all that you were given`,
      got: `${told.length}: ${JSON.stringify(told)}`,
      why: "every job has reached a worker: keep all that a worker gets, in the order in which it comes",
      wire: desk.frames(received("publish")),
    });
  });

  check(NAME, "comes back at once where there is nothing to do", async (desk) => {
    const { jobs, share } = await stage(desk);
    jobs.length = 0;
    const told = await settles(NAME, share);
    const expected = Object.fromEntries(WORKERS.map((worker) => [worker, []]));
    // In which order the workers stand there says nothing.
    const sorted = (workers: object) => JSON.stringify(Object.entries(workers).sort());
    if (sorted(told ?? {}) === sorted(expected)) return;
    throw new Wrong({
      headline: "without jobs you do not say that nobody did anything",
      expected: JSON.stringify(expected),
      got: JSON.stringify(told) ?? "nothing",
      why: "a worker without a job is a worker all the same",
    });
  });

  check(NAME, "keeps to its own names on a shared broker", async (desk) => {
    const { share } = await stage(desk);
    await settles(NAME, share);
    const foreign = foreignName(desk);
    if (foreign !== undefined) throw notYourOwn(desk, foreign);
  });

  check(NAME, "leaves no connection open", async (desk) => {
    const { share, clients } = await stage(desk);
    await settles(NAME, share);
    const left = await stillThere(desk, clients);
    if (left === undefined) return;
    throw new Wrong({
      headline: "the jobs are done, and a client is still there",
      expected: "every client has ended",
      got: left,
      why: "a worker that stays in the group goes on getting jobs, and keeps the program running",
      wire: desk.frames(({ type }) => type === "connect" || type === "disconnect"),
    });
  });

  check(NAME, "refuses to work without workers", async (desk) => {
    const { demonstrateSharedSubscriptions } = await answers();
    clientsFromHere(desk);
    const given = {
      given: "an empty list of workers",
      why: "with nobody in the group the broker drops each job, and who waits for them waits for ever",
    };
    await refuses(desk, NAME, given, () =>
      demonstrateSharedSubscriptions(desk.brokerUrl, [], ["job"]),
    );
  });
});

/** The function, ready to be called, and what to look at afterwards. */
async function stage(desk: Desk) {
  const { demonstrateSharedSubscriptions } = await answers();
  await needSharedSubscriptions(desk);
  usePrefix(desk);
  const clients = clientsFromHere(desk);
  const jobs = jobsIn(desk);
  const isJob = (entry: Entry) => entry.kind === "frame" && jobs.includes(payloadOf(entry));
  return {
    /** What it is called with; may be changed before. */
    jobs,
    clients,
    share: async () => demonstrateSharedSubscriptions(desk.brokerUrl, WORKERS, jobs),
    jobsSent: () => desk.frames((frame) => sent("publish")(frame) && isJob(frame)),
    deliveries: () => desk.frames((frame) => received("publish")(frame) && isJob(frame)),
  };
}

async function needSharedSubscriptions(desk: Desk): Promise<void> {
  const helper = await desk.helper("probe");
  try {
    await helper.subscribeAsync(`$share/probe/${prefixed(desk.name("probe"))}`);
  } catch {
    throw new NotOnThisBroker("it has no shared subscriptions");
  }
}

/** Until nothing crosses the tap during a whole turn to the broker and back: all wait for something. */
async function untilQuiet(desk: Desk): Promise<void> {
  let before: number;
  do {
    before = desk.frames().length;
    await roundTrip(desk);
  } while (desk.frames().length > before);
}

/** More jobs than workers, and not the same number for each. */
function jobsIn(desk: Desk): string[] {
  return Array.from({ length: 7 }, (_, number) => `${desk.name("job")}-${number + 1}`);
}

function subscriptions(desk: Desk): { connection: Connection; filter: string }[] {
  return desk.frames(sent("subscribe")).flatMap(({ packet, connection }) => {
    if (packet?.cmd !== "subscribe") return [];
    return packet.subscriptions.map(({ topic }) => ({ connection, filter: topic }));
  });
}

/** Whether all of these are among those, in the same order. */
function isInOrder(some: readonly unknown[], all: readonly unknown[]): boolean {
  let from = 0;
  return some.every((one) => {
    const at = all.indexOf(one, from);
    from = at + 1;
    return at !== -1;
  });
}

function countOf(all: readonly unknown[], one: unknown): number {
  return all.filter((each) => each === one).length;
}

function payloadOf({ packet }: Frame): string {
  return packet?.cmd === "publish" ? packet.payload.toString() : "";
}

function topicOf({ packet }: Frame): string {
  return packet?.cmd === "publish" ? packet.topic : "";
}

function qosOf({ packet }: Frame): number | undefined {
  return packet?.cmd === "publish" ? packet.qos : undefined;
}
