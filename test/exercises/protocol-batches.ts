import type { Desk } from "../../workbook/checks/harness/desk.ts";
import { EnvironmentProblem } from "../../workbook/environment-problem.ts";
import type { Batch } from "../../workbook/protocols/batch.ts";
import { comparedProbe, type Measurement } from "../../workbook/protocols/measure.ts";
import { sizeOf, type WireMessage } from "../../workbook/protocols/probe.ts";
import { openRecorder } from "../../workbook/protocols/recorder.ts";
import { type System, systemNames, systems } from "../../workbook/protocols/systems.ts";

/** What a batch put on the wire to be published. */
export interface Sent {
  readonly batch: Batch;
  readonly bytes: number;
  /** Of these, the bytes of compressed headers. */
  readonly headers: number;
  readonly messages: readonly WireMessage[];
}

/**
 * Publish these batches with the real client library, and count.
 *
 * @throws EnvironmentProblem when that fails: it is no mistake of the answer
 */
export async function publishAll(
  desk: Desk,
  system: System,
  batches: readonly Batch[],
): Promise<Sent[]> {
  try {
    return await publishAndCount(desk, system, batches);
  } catch (error) {
    throw new EnvironmentProblem(
      `the check could not publish to its own ${systemNames[system]} (${(error as Error).message})`,
      "run the check again; if it stays, npm ci",
      { cause: error },
    );
  }
}

async function publishAndCount(
  desk: Desk,
  system: System,
  batches: readonly Batch[],
): Promise<Sent[]> {
  const probe = comparedProbe(system);
  const fake = await probe.fake();
  desk.atEnd(() => fake.close());
  const recorder = await openRecorder(fake, probe.splitter);
  desk.atEnd(() => recorder.close());
  const session = await probe.open(recorder, fake);
  desk.atEnd(() => session.close().catch(() => {}));
  // What only the first message on a connection costs has been paid then.
  const [first] = batches;
  if (first !== undefined) await session.send({ ...first, count: 1 });
  const sent: Sent[] = [];
  for (const batch of batches) {
    const from = recorder.messages.length;
    await session.send(batch);
    const messages = recorder.messages.slice(from).filter(({ purpose }) => purpose === "publish");
    const sum = (some: readonly WireMessage[]) => some.reduce((all, one) => all + sizeOf(one), 0);
    const headers = sum(messages.filter(({ name }) => name === "HEADERS"));
    sent.push({ batch, bytes: sum(messages), headers, messages });
  }
  return sent;
}

/** Lengths at which some encoding of a length takes a byte more, and some between them. */
const edges = [1, 13, 62, 63, 64, 65, 99, 126, 127, 128, 129, 400, 1500];
const counts = [1, 1, 2, 5, 63, 64, 65, 66, 130];

/**
 * The most bytes of a batch. HTTP/2 lets a sender send 65,535 bytes ahead of the receiver; close to that,
 * where frames end is a matter of timing.
 */
const MOST = 20_000;

/**
 * Batches of all kinds, the same for the same seed.
 *
 * @param more lengths of payloads, in bytes
 */
export function makeBatches(
  { random }: Desk,
  keyed: "never" | "sometimes",
  more: readonly number[] = [],
): Batch[] {
  const pick = <One>(list: readonly [One, ...One[]] | readonly One[]) =>
    list[Math.floor(random() * list.length)] as One;
  const letters = (length: number) =>
    Array.from({ length }, () => pick([..."abcdefghijklmnopqrstuvwxyz"])).join("");
  const one = (length: number, count: number): Batch => ({
    topic: `${letters(1 + Math.floor(random() * 12))}/${letters(1 + Math.floor(random() * 80))}`,
    payload: letters(length),
    // A topic has up to 93 bytes, and each reading some more around it.
    count: Math.max(1, Math.min(count, Math.floor(MOST / (length + 130)))),
    keyed: keyed === "sometimes" && random() < 0.5,
  });
  return [
    ...[...edges, ...more].map((length) => one(length, pick(counts))),
    // Letters that take more than one byte, and a body of more than one frame.
    { ...one(1, 3), payload: "21.5 °C, dæmpet" },
    { ...one(150, 130), keyed: keyed === "sometimes" },
  ];
}

/** Measurements that nobody took: what a batch costs is what `publish` says. */
export function madeUpMeasurements(
  publish: (system: System, keyed: boolean, count: number) => number,
): Measurement[] {
  return systems.map((system, index) => {
    const batches = [false, true].flatMap((keyed) =>
      Array.from({ length: 100 }, (_, at) => ({
        count: at + 1,
        keyed,
        publish: publish(system, keyed, at + 1),
        acknowledge: 4 + index,
      })),
    );
    const single = { count: 1, keyed: false, publish: 50 + index, acknowledge: 4 + index };
    return {
      id: comparedProbe(system).id,
      system,
      label: systemNames[system],
      server: { kind: "fake", name: "made up" },
      connect: { sent: 20 + index, received: 30, roundTrips: 1 + index },
      first: { ...single, publish: single.publish + 10 * index },
      single,
      compressed: system === "pubsub" ? 45 : 0,
      segments: { frame: 2, header: 9 + index, topic: 25, payload: 14, padding: 0 },
      batches,
    };
  });
}
