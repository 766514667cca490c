import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PublisherOptions, Reply } from "../../../solutions/06-resilient-device.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { settles, within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk, received, sent } from "../../../workbook/checks/harness/desk.ts";
import { roundTrip } from "../../../workbook/checks/harness/held.ts";
import { Inbox } from "../../../workbook/checks/harness/inbox.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import { prefixed, type Reading } from "../../../workbook/telemetry.ts";
import type { Frame } from "../../../workbook/wire/transcript.ts";
import {
  answers,
  describeThrown,
  few,
  isOneLine,
  openDevice,
  payloadOf,
  publisherOptions,
  publishOf,
  publishWithId,
  thrownBy,
} from "./lab.ts";

const READINGS = 1000;
const ROUNDS = 20;
/** How long a round may take in which a line goes silent, or a process starts, in milliseconds. */
const PATIENCE = 12_000;

describe("SensorPublisher", () => {
  check("SensorPublisher", "sends readings taken offline with their own time", async (desk) => {
    const publisher = await publisherOf(desk, "field");
    const back = desk.faults.arm({ do: "hold" }, sent("connect"));
    desk.atEnd(() => back.release());
    const values = Array.from({ length: 10 }, (_, number) => number);
    const begun = Date.now();
    await settles("SensorPublisher", () => {
      publisher.start();
      for (const value of values) publisher.report(reading(value));
    });
    const ended = Date.now();
    await within(back.met, () => noPublish(desk, "no CONNECT came"));
    while (Date.now() < ended + 5) await roundTrip(desk);
    back.release();
    const frames = await published(desk, values.length);
    const topic = prefixed(`devices/${desk.name("field")}/readings`);
    const got = frames.map((frame) => timedReading(frame));
    const isRight = got.every(
      (each, index) =>
        each.value === values[index] &&
        each.kind === "temperature" &&
        publishOf(frames[index] as Frame)?.topic === topic,
    );
    if (!isRight) {
      throw new Wrong({
        headline: "the readings do not arrive as they were reported",
        expected: `${few(values, 10)} on ${topic}`,
        got: `${few(
          got.map(({ value }) => value),
          10,
        )} on ${publishOf(frames[0] as Frame)?.topic}`,
        why: "what was taken first is sent first, each reading as it was reported",
        wire: frames.slice(0, 5),
      });
    }
    const times = got.map(({ takenAt }) => takenAt);
    if (times.every((time) => typeof time === "number" && time >= begun && time <= ended)) return;
    throw new Wrong({
      headline: "the readings do not say when they were taken",
      expected: `takenAt from ${begun} to ${ended}: then report was called`,
      got: few(times),
      why: "a reading that waited for an hour is not a reading of now",
      wire: frames.slice(0, 3),
    });
  });

  check("SensorPublisher", "keeps to its capacity while there is no line", async (desk) => {
    const publisher = await publisherOf(desk, "field", { capacity: 20 });
    const back = desk.faults.arm({ do: "hold" }, sent("connect"));
    desk.atEnd(() => back.release());
    const values = Array.from({ length: 500 }, (_, number) => number);
    await settles("SensorPublisher", () => {
      publisher.start();
      for (const value of values) publisher.report(reading(value));
    });
    back.release();
    const last = (entry: unknown) => timedReading(entry as Frame).value === 499;
    await desk.sees(
      (entry) => sent("publish")(entry) && last(entry),
      () => noPublish(desk, "the last reading never came"),
    );
    const got = desk.frames(sent("publish")).map((frame) => timedReading(frame).value);
    const expected = values.slice(-20);
    if (got.join() === expected.join()) return;
    throw new Wrong({
      headline: "a producer faster than its line is not held to the capacity",
      expected: `the newest 20 readings: ${few(expected)}`,
      got: `${got.length} readings: ${few(got)}`,
      why: "a line that is slow or away must not fill the memory: what is too much goes, the oldest first",
    });
  });

  check("SensorPublisher", "loses none of 1,000 readings through 20 faults", async (desk) => {
    const handled = new Map<number, number>();
    const ids = new Set<string | undefined>();
    let news = () => {};
    const archive = openDevice(desk, "archive");
    archive.options.keepalive = 1;
    archive.on("message", (_topic, payload, { properties }) => {
      const id = properties?.userProperties?.["message-id"]?.toString();
      // As consumeOnce does, so that what is handled twice came under two ids.
      if (id !== undefined && ids.has(id)) return;
      ids.add(id);
      const { value } = parsed(payload.toString());
      if (typeof value === "number") handled.set(value, (handled.get(value) ?? 0) + 1);
      news();
    });
    const topic = prefixed(`devices/${desk.name("field")}/readings`);
    const options = publisherOptions(desk, "field", {
      keepaliveSeconds: 1,
      backoff: { firstMs: 10, maxMs: 100 },
      capacity: 5000,
    });
    const start = async () => {
      const { SensorPublisher } = await answers();
      const publisher = new SensorPublisher(options);
      const client = await settles("SensorPublisher", () => publisher.start());
      // As kill -9 does to a process: the line breaks, and all that stays is the folder.
      return { publisher, die: () => void client.end(true) };
    };
    let field = await start();
    desk.atEnd(() => field.die());
    await within(archive.subscribeAsync(topic, { qos: 1 }), () => brokerGone("no SUBACK"));
    const safe: number[] = [];
    const struck: Record<string, number> = {};
    const report = () => {
      const twice = [...handled.values()].filter((times) => times > 1).length;
      const lost = safe.filter((value) => !handled.has(value));
      const faults = Object.entries(struck).map(([kind, times]) => `${kind} ${times}`);
      return { lost, twice, faults: `${ROUNDS} faults (${faults.join(", ")})` };
    };
    const wrong = () => {
      const { lost, twice, faults } = report();
      return new Wrong({
        headline: "readings are lost or handled twice",
        expected: `${READINGS} readings through ${ROUNDS} faults: 0 lost, 0 handled twice`,
        got: `after ${safe.length} readings and ${faults}, seed ${desk.seed}: ${lost.length} lost (${few(lost)}), ${twice} handled twice`,
        why: "a reading stays in the outbox until its PUBACK is there, and has one id for ever",
        wire: desk.frames((frame) => frame.type === "publish" && frame.fate !== "passed").slice(-5),
      });
    };
    for (const [round, kind] of shuffled(kinds, desk.random).entries()) {
      struck[kind] = (struck[kind] ?? 0) + 1;
      const wanted = ((round + 1) * READINGS) / ROUNDS;
      const dies = kind === "killed" ? safe.length + 1 + Math.floor(desk.random() * 40) : undefined;
      const release = strike(desk, kind);
      while (safe.length < wanted) {
        const value = safe.length;
        field.publisher.report(reading(value));
        safe.push(value);
        if (safe.length === dies) {
          field.die();
          field = await start();
        }
        // A turn for what comes meanwhile, as the time between two readings gives.
        await new Promise((resolve) => setImmediate(resolve));
      }
      await within(
        new Promise<void>((resolve) => {
          news = () => {
            if (safe.every((value) => handled.has(value))) resolve();
          };
          news();
        }),
        wrong,
        PATIENCE,
      );
      release();
    }
    const { lost, twice, faults } = report();
    if (twice > 0) throw wrong();
    desk.figures = `${safe.length} readings through ${faults}: ${lost.length} lost, ${twice} handled twice`;
  });

  check("SensorPublisher", "leaves politely when it is stopped", async (desk) => {
    const publisher = await publisherOf(desk, "field");
    const held = desk.faults.arm({ do: "hold" }, received("puback"));
    desk.atEnd(() => held.release());
    await settles("SensorPublisher", () => {
      publisher.start();
      publisher.report(reading(1));
    });
    await within(held.met, () => noPublish(desk, "no reading came"));
    const stopping = settles("SensorPublisher", () => publisher.stop());
    stopping.catch(() => {});
    await roundTrip(desk);
    held.release();
    await stopping;
    await desk.sees(
      (entry) => entry.kind === "closed",
      () => notLeft(desk),
    );
    const order = desk
      .frames(({ type }) => type === "puback" || type === "disconnect")
      .map(({ type, fate }) => (fate === "passed" ? type : `${type} ${fate}`));
    if (order.join() === "puback,disconnect") return;
    throw notLeft(desk);
  });

  check("SensorPublisher", "stops at once where there is no line", async (desk) => {
    const publisher = await publisherOf(desk, "field");
    const away = keepAway(desk, "field");
    await settles("SensorPublisher", () => {
      publisher.start();
      publisher.report(reading(1));
    });
    await within(away.met, () => noPublish(desk, "no CONNECT came"));
    await settles("SensorPublisher", () => publisher.stop());
    // What it could not send is not lost: the next one does.
    away.end();
    await settles("SensorPublisher", () => void publisher.start());
    await desk.sees(
      (entry) => sent("publish")(entry) && timedReading(entry).value === 1,
      () =>
        new Wrong({
          headline: "what was not sent before the stop is gone after the next start",
          expected: "the reading that was left in the outbox",
          got: "nothing of it",
          why: "the outbox is a file: it is there for the next one",
          wire: desk.frames(),
        }),
    );
  });

  check("SensorPublisher", "says so when it is used in the wrong order", async (desk) => {
    const publisher = await publisherOf(desk, "field");
    const refuses = async (what: string, call: () => unknown) => {
      if (isOneLine(await thrownBy(call))) return;
      throw new Wrong({
        headline: `${what}, and nobody says so`,
        expected: "an Error in one line",
        got: "no error",
        why: "a mistake in the caller's order is found where it is made, or hours later by what is missing",
      });
    };
    await refuses("it reports before it is started", () => publisher.report(reading(1)));
    publisher.start();
    await refuses("it is started twice", () => publisher.start());
    await settles("SensorPublisher", () => publisher.stop());
    await settles("SensorPublisher", () => publisher.stop());
    await refuses("it reports after it is stopped", () => publisher.report(reading(1)));
  });

  const publisherOf = async (desk: Desk, base: string, changed: Partial<PublisherOptions> = {}) => {
    const { SensorPublisher } = await answers();
    const publisher = new SensorPublisher(publisherOptions(desk, base, changed));
    desk.atEnd(async () => {
      await within(publisher.stop(), () => new Error("it does not stop"), 500).catch(() => {});
    });
    return publisher;
  };

  const kinds = [
    ...Array<"cut">(14).fill("cut"),
    ...Array<"refused">(3).fill("refused"),
    ...(["silent", "killed", "killed"] as const),
  ];
  type Kind = (typeof kinds)[number];

  /** Arm what shall happen in this round, at a random packet. Returns how to end it. */
  const strike = ({ faults, random, id }: Desk, kind: Kind): (() => void) => {
    const among = <T>(...choices: readonly [T, ...T[]]) =>
      choices[Math.floor(random() * choices.length)] ?? choices[0];
    if (kind === "killed") return () => {};
    if (kind === "refused") faults.refuseNextConnection();
    const clientId = id(among("field", "archive"));
    const type = among("publish" as const, "puback" as const);
    let left = Math.floor(random() * 40);
    const fault = faults.arm(
      kind === "silent" ? { do: "freeze" } : { do: "cut", when: among("before", "after") },
      (frame) => frame.type === type && frame.connection.clientId === clientId && left-- === 0,
    );
    return () => fault.release();
  };

  const shuffled = <T>(list: readonly T[], random: () => number) =>
    list
      .map((value) => ({ value, place: random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ value }) => value);

  const notLeft = (desk: Desk) =>
    new Wrong({
      headline: "it does not leave as it should",
      expected: "← PUBACK for what was on its way, then → DISCONNECT, and stop resolves",
      got: "no DISCONNECT, or too early",
      why: "without a DISCONNECT the broker takes it for a broken line; without the PUBACK the reading goes out twice",
      wire: desk.frames(),
    });

  const published = async (desk: Desk, count: number) => {
    await desk.sees(
      () => desk.frames(sent("publish")).length >= count,
      () => noPublish(desk, `${desk.frames(sent("publish")).length} of ${count} readings came`),
    );
    return desk.frames(sent("publish"));
  };

  const noPublish = (desk: Desk, got: string) =>
    new Wrong({
      headline: "readings were reported and did not come",
      expected: "→ CONNECT, and a PUBLISH for each reading",
      got,
      why: "start connects and sends what waits, report puts a reading into the outbox and wakes the sender",
      wire: desk.frames().slice(-6),
    });
});

describe("DeviceController", () => {
  check("DeviceController", "executes a command and replies to it", async (desk) => {
    const { start, executed, replies } = await controllerOf(desk, (command) => `${command}: done`);
    await start();
    await command(desk, "open", "id-1");
    const reply = await replies.next("id-1");
    if (reply.result === "open: done" && executed.join() === "open") return;
    throw new Wrong({
      headline: "the reply is not what the command came to",
      expected: JSON.stringify({ to: desk.name("id-1"), result: "open: done" }),
      got: JSON.stringify(reply),
      why: "who sent the command finds his reply by the command's id",
      wire: desk.frames(({ type }) => type === "publish"),
    });
  });

  check("DeviceController", "executes a command once, whoever died meanwhile", async (desk) => {
    const { start, executed, replies } = await controllerOf(desk, () => "done");
    const first = await start();
    desk.faults.arm({ do: "cut", when: "before" }, sent("puback", desk.id("window")));
    const away = keepAway(desk, "window");
    await command(desk, "open", "id-1");
    await within(away.met, () => noReply(desk, "the command was not acknowledged"));
    await settles("DeviceController", () => first.stop());
    away.end();
    await start();
    await command(desk, "last", "id-2");
    await replies.next("id-2");
    if (executed.filter((each) => each === "open").length === 1) return;
    throw new Wrong({
      headline: "a command is executed again after a restart",
      expected: "open, last",
      got: few(executed),
      why: "its acknowledgement was lost, so it comes again to the next process, which must know its id",
      wire: desk.frames(({ type }) => type === "publish" || type === "puback"),
    });
  });

  check("DeviceController", "replies also where the line broke before", async (desk) => {
    const { start, replies } = await controllerOf(desk, () => "done");
    const first = await start();
    desk.faults.arm({ do: "cut", when: "before" }, sent("publish", desk.id("window")));
    const away = keepAway(desk, "window");
    await command(desk, "open", "id-1");
    await within(away.met, () => noReply(desk, "no reply was on its way"));
    await settles("DeviceController", () => first.stop());
    away.end();
    await start();
    await replies.next("id-1");
  });

  check("DeviceController", "replies with the error where a command fails", async (desk) => {
    const { start, replies } = await controllerOf(desk, (command) => {
      if (command === "explode") throw new Error("that would hurt");
      return "done";
    });
    await start();
    await command(desk, "explode", "id-1");
    const failed = await replies.next("id-1");
    await command(desk, "open", "id-2");
    await replies.next("id-2");
    if (failed.error === "that would hurt" && failed.result === undefined) return;
    throw new Wrong({
      headline: "a command fails, and its reply does not say why",
      expected: JSON.stringify({ to: desk.name("id-1"), error: "that would hurt" }),
      got: JSON.stringify(failed),
      why: "who sent the command has to know that it was not done",
      wire: desk.frames(({ type }) => type === "publish"),
    });
  });

  check("DeviceController", "leaves when it is stopped", async (desk) => {
    const { start } = await controllerOf(desk, () => "done");
    const controller = await start();
    await settles("DeviceController", () => controller.stop());
    await desk.sees(
      sent("disconnect", desk.id("window")),
      () =>
        new Wrong({
          headline: "the controller is stopped, and its line stays open",
          expected: "→ DISCONNECT",
          got: "none came",
          why: "who stops it expects that nothing of it is left running",
          wire: desk.frames(),
        }),
    );
  });

  check("DeviceController", "leaves at once where its line breaks meanwhile", async (desk) => {
    const { make } = await controllerOf(desk, () => "done");
    const controller = make();
    // The library waits for this answer before it says goodbye.
    const unanswered = desk.faults.arm({ do: "drop" }, received("suback"));
    await settles("DeviceController", () => controller.start());
    await within(unanswered.met, () => notListening(desk));
    const stopping = settles("DeviceController", () => controller.stop());
    stopping.catch(() => {});
    desk.faults.arm({ do: "cut", when: "before" }, received("publish", desk.id("window")));
    await command(desk, "open", "id-1");
    await stopping;
  });

  check("DeviceController", "does not run where its file is damaged", async (desk) => {
    const { make, folder } = await controllerOf(desk, () => "done");
    const file = join(folder, "handled.jsonl");
    writeFileSync(file, "nonsense\n");
    const controller = make();
    const error = await thrownBy(() => controller.start());
    if (!(isOneLine(error) && error.message.includes(file))) {
      throw new Wrong({
        headline: "the list of commands is damaged, and nobody says so",
        expected: `start throws an Error in one line that names ${file}`,
        got: describeThrown(error),
        why: "who does not know which commands were executed executes one twice",
      });
    }
    let isOver = false;
    desk.atEnd(() => {
      isOver = true;
    });
    const takes = async () =>
      (await thrownBy(() => controller.sensor.report(reading(1)))) === undefined;
    const ended = async () => {
      while (!isOver && (await takes())) await roundTrip(desk);
    };
    await within(
      ended(),
      () =>
        new Wrong({
          headline: "start has thrown an error, and the sensor runs all the same",
          expected: "nothing is left running: report throws, as where nothing is started",
          got: "it takes readings",
          why: "who gets an error from start has nothing that he could stop",
          wire: desk.frames(),
        }),
    );
  });

  /** The learner's controller, ready to be started again and again, and somebody who hears its replies. */
  const controllerOf = async (desk: Desk, execute: (command: string) => string) => {
    const { DeviceController } = await answers();
    const options = publisherOptions(desk, "window", { random: () => 0 });
    const executed: string[] = [];
    const inbox = new Inbox();
    const person = await desk.helper("person");
    person.on("message", (topic, payload) => inbox.take(topic, parsed(payload.toString())));
    await person.subscribeAsync(prefixed(`devices/${desk.name("window")}/replies`), { qos: 1 });
    const make = () => {
      const controller = new DeviceController(options, (command) => {
        executed.push(command);
        return execute(command);
      });
      desk.atEnd(async () => {
        await within(controller.stop(), () => new Error("it does not stop"), 500).catch(() => {});
      });
      return controller;
    };
    const start = async () => {
      const before = desk.frames(received("suback")).length;
      const controller = make();
      await settles("DeviceController", () => controller.start());
      await desk.sees(
        () => desk.frames(received("suback")).length > before,
        () => notListening(desk),
      );
      return controller;
    };
    const next = async (id: string) =>
      (await inbox.matching(
        (value) => (value as Reply).to === desk.name(id),
        () => noReply(desk, inbox.describe()),
      )) as Reply;
    return { make, start, executed, replies: { next }, folder: options.folder };
  };

  const notListening = (desk: Desk) =>
    new Wrong({
      headline: "the controller does not listen for commands",
      expected: "→ SUBSCRIBE on commandTopic",
      got: "no SUBSCRIBE",
      why: "commands come to who has subscribed to them",
      wire: desk.frames(),
    });

  const command = async (desk: Desk, text: string, id: string) => {
    commander.set(desk, commander.get(desk) ?? desk.helper("commander"));
    const client = await commander.get(desk);
    const topic = prefixed(`devices/${desk.name("window")}/commands`);
    if (client) await publishWithId(client, topic, text, desk.name(id));
  };
  const commander = new WeakMap<Desk, ReturnType<Desk["helper"]>>();

  const noReply = (desk: Desk, got: string) =>
    new Wrong({
      headline: "a command gets no reply",
      expected: "a Reply on replyTopic, with the id of the command in `to`",
      got,
      why: "a reply that waits in the outbox survives the line and the process; one that was only sent does not",
      wire: desk.frames(({ type }) => type === "publish" || type === "puback").slice(-8),
    });
});

/**
 * No CONNECT of this client reaches the broker. It must not come late either: it would take the session
 * from the one that came after.
 */
function keepAway(desk: Desk, client: string) {
  let away = true;
  const connects = sent("connect", desk.id(client));
  const drop = () => desk.faults.arm({ do: "drop" }, (frame) => away && connects(frame), drop);
  const { met } = drop();
  const end = () => {
    away = false;
  };
  return { met, end };
}

function reading(value: number): Reading {
  return { kind: "temperature", room: "field", value, unit: "°C" };
}

function timedReading(frame: Frame): Partial<Reading & { takenAt: number }> {
  return parsed(payloadOf(frame));
}

/** What stands in a payload, whatever an answer put there. */
function parsed(text: string): Record<string, never> {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
