import type { IPublishPacket, MqttClient } from "mqtt";
import type { Store } from "../../../workbook/bridge/store.ts";
import { type DeviceTopic, topicOf } from "../../../workbook/bridge/topics.ts";
import { check, describe } from "../../../workbook/checks/harness/check.ts";
import { settles, within } from "../../../workbook/checks/harness/deadline.ts";
import { brokerGone, type Desk } from "../../../workbook/checks/harness/desk.ts";
import { clearAtEnd } from "../../../workbook/checks/harness/retained.ts";
import { Wrong } from "../../../workbook/checks/harness/wrong.ts";
import {
  type Answers,
  answers,
  few,
  openDatabase,
  publish,
  storeCommands,
  temperature,
} from "./lab.ts";

describe("takeReply", () => {
  check("takeReply", "knows by the correlation data which command it is for", async (desk) => {
    const { store } = await openDatabase(desk);
    const [first, second] = await storeCommands(store, 2);
    const taken = await takes(desk, store, "takeReply", "replies");
    const window = await desk.helper("window");
    // The later one is done first.
    for (const command of [second, first]) {
      const correlationData = Buffer.from(command?.id ?? "");
      const topic = topicOf("window", "replies");
      await publish(window, topic, `done: ${command?.text}`, `reply ${command?.text}`, {
        correlationData,
      });
    }
    await taken(2);
    const got = await repliesOf(store, first, second);
    if (got.join() === "done: step 0,done: step 1") return;
    throw new Wrong({
      headline: "a reply is recorded for another command",
      expected: "done: step 0, done: step 1",
      got: few(got),
      why: "replies come in any order: only the Correlation Data says which command one is for",
      wire: desk.frames(({ type }) => type === "publish"),
    });
  });

  check("takeReply", "takes a reply only from the device that was asked", async (desk) => {
    const { store } = await openDatabase(desk);
    const [command] = await storeCommands(store, 1);
    const taken = await takes(desk, store, "takeReply", "replies");
    const correlationData = Buffer.from(command?.id ?? "");
    const stranger = await desk.helper("stranger");
    await publish(stranger, topicOf("door", "replies"), "all is well", "id-1", { correlationData });
    await publish(stranger, topicOf("window", "replies"), "it is stuck", "id-2", {
      correlationData,
    });
    await taken(2);
    const [got] = await repliesOf(store, command);
    if (got === "it is stuck") return;
    throw new Wrong({
      headline: "another device replies, and is believed",
      expected: "it is stuck: what came on the topic of the window, which was asked",
      got: got ?? "no reply",
      why: "anybody may send any Correlation Data; who may publish on which topic, the broker's access rules say",
      wire: desk.frames(({ type }) => type === "publish"),
    });
  });

  check("takeReply", "passes over what is no reply", async (desk) => {
    const { store } = await openDatabase(desk);
    const [command] = await storeCommands(store, 1);
    const taken = await takes(desk, store, "takeReply", "replies");
    const window = await desk.helper("window");
    const topic = topicOf("window", "replies");
    await publish(window, topic, "no properties at all");
    await publish(window, topic, "nobody asked", "id-1", {
      correlationData: Buffer.from("nobody"),
    });
    const correlationData = Buffer.from(command?.id ?? "");
    await publish(window, topic, "done", "id-2", { correlationData });
    await taken(3);
    const [got] = await repliesOf(store, command);
    if (got === "done") return;
    throw new Wrong({
      headline: "after a message that is no reply, a reply is lost",
      expected: "done",
      got: got ?? "no reply",
      why: "anybody may publish anything: one bad message must not be the end of all others",
      wire: desk.frames(({ type }) => type === "publish"),
    });
  });

  const repliesOf = (store: Store, ...commands: ({ id: string } | undefined)[]) =>
    Promise.all(commands.map(async (command) => (await store.command(command?.id ?? ""))?.reply));
});

describe("takeReading", () => {
  check("takeReading", "adds a reading once, however often it comes", async (desk) => {
    const { store } = await openDatabase(desk);
    const taken = await takes(desk, store, "takeReading", "readings");
    const device = await desk.helper("device");
    for (const deviceId of ["window", "window", "door", "window"]) {
      await publish(device, topicOf(deviceId, "readings"), JSON.stringify(temperature(21)), "id-1");
    }
    await taken(4);
    const counts = [await valuesOf(store, "window"), await valuesOf(store, "door")];
    if (counts.every(({ length }) => length === 1)) return;
    throw new Wrong({
      headline: "a message that comes again is another reading",
      expected: "1 row for the window, which sent one message three times, and 1 for the door",
      got: counts.map(({ length }) => `${length}`).join(" and "),
      why: "with QoS 1 a message may come twice: the store knows it by its device and its message-id, if you tell it",
      wire: desk.frames(({ type }) => type === "publish"),
    });
  });

  check("takeReading", "keeps readings of the same value apart", async (desk) => {
    const { store } = await openDatabase(desk);
    const taken = await takes(desk, store, "takeReading", "readings");
    const device = await desk.helper("device");
    const topic = topicOf("window", "readings");
    for (const id of ["id-1", "id-2"]) {
      await publish(device, topic, JSON.stringify(temperature(21)), id);
    }
    await taken(2);
    const values = await valuesOf(store, "window");
    if (values.join() === "21,21") return;
    throw new Wrong({
      headline: "two messages count as one, because they say the same",
      expected: "2 rows: 21, 21",
      got: few(values),
      why: "it may be as warm as it was a minute ago: only the message-id tells a copy from another reading",
      wire: desk.frames(({ type }) => type === "publish"),
    });
  });

  check("takeReading", "adds what has no id every time", async (desk) => {
    const { store } = await openDatabase(desk);
    const taken = await takes(desk, store, "takeReading", "readings");
    const device = await desk.helper("device");
    const topic = topicOf("window", "readings");
    for (const value of [21, 22, 22]) {
      await publish(device, topic, JSON.stringify(temperature(value)));
    }
    await taken(3);
    const values = await valuesOf(store, "window");
    if (values.join() === "21,22,22") return;
    throw new Wrong({
      headline: "readings without an id are lost",
      expected: "21, 22, 22",
      got: few(values),
      why: "without an id nobody can know whether it is a copy: one row too many can be found later, a lost one cannot",
      wire: desk.frames(({ type }) => type === "publish"),
    });
  });

  check("takeReading", "passes over what is no reading", async (desk) => {
    const { store } = await openDatabase(desk);
    const taken = await takes(desk, store, "takeReading", "readings");
    const device = await desk.helper("device");
    const topic = topicOf("window", "readings");
    const bad = ["", "21.5", "not JSON", "null", "[]", '{"kind":"temperature","value":"21"}'];
    for (const payload of bad) await publish(device, topic, payload, payload);
    await publish(device, topic, JSON.stringify(temperature(21)), "good");
    await taken(bad.length + 1);
    const values = await valuesOf(store, "window");
    if (values.join() === "21") return;
    throw new Wrong({
      headline: "what is no reading becomes a row",
      expected: "1 row: 21",
      got: `${values.length} rows: ${few(values)}`,
      why: "what comes from outside is looked at once, here, so that all others can rely on it",
      wire: desk.frames(({ type }) => type === "publish"),
    });
  });

  const valuesOf = async (store: Store, deviceId: string) =>
    (await store.readingsBehind(0, deviceId, 100)).map(({ reading }) => reading?.value);
});

describe("takePresence", () => {
  check("takePresence", "knows who was there before it came", async (desk) => {
    const { store } = await openDatabase(desk);
    await clearAtEnd(desk, topicOf("window", "status"));
    const device = await desk.helper("device");
    await publish(device, topicOf("window", "status"), "online", undefined, { retain: true });
    const taken = await takes(desk, store, "takePresence", "status");
    await taken(1);
    await is(desk, store, {
      headline: "a device that was online before is not known",
      expected: "window online",
      why: "the broker keeps the last status and sends it to who subscribes: it is as true as one that comes later",
    });
  });

  check("takePresence", "hears of a death by the will", async (desk) => {
    const { store } = await openDatabase(desk);
    await clearAtEnd(desk, topicOf("window", "status"));
    const taken = await takes(desk, store, "takePresence", "status");
    const topic = topicOf("window", "status");
    const will = { topic, payload: Buffer.from("offline"), qos: 1, retain: true } as const;
    const device = await desk.helper("device", { will });
    await publish(device, topic, "online", undefined, { retain: true });
    await taken(1);
    device.stream.destroy();
    await taken(2);
    await is(desk, store, {
      headline: "a device is dead, and counts as online",
      expected: "window offline",
      why: "the broker published its will in its place; it comes to who is subscribed like any message, without the retained flag",
    });
  });

  check("takePresence", "forgets a device whose status is cleared", async (desk) => {
    const { store } = await openDatabase(desk);
    await clearAtEnd(desk, topicOf("window", "status"));
    const taken = await takes(desk, store, "takePresence", "status");
    const device = await desk.helper("device");
    const topic = topicOf("window", "status");
    for (const status of ["online", ""]) {
      await publish(device, topic, status, undefined, { retain: true });
    }
    await taken(2);
    await is(desk, store, {
      headline: "a device that was taken away is still listed",
      expected: "nobody",
      why: "an empty retained message clears what the broker keeps: the device is not offline, it is no more",
    });
  });

  check("takePresence", "passes over what is no status", async (desk) => {
    const { store } = await openDatabase(desk);
    const taken = await takes(desk, store, "takePresence", "status");
    const device = await desk.helper("device");
    for (const status of ["online", "busy", "OFFLINE", "null"]) {
      await publish(device, topicOf("window", "status"), status);
    }
    await taken(4);
    await is(desk, store, {
      headline: "a word that is no status changes whether a device is online",
      expected: "window online",
      why: "online and offline are agreed on; who guesses at the rest, guesses wrong some day",
    });
  });

  const is = async (
    desk: Desk,
    store: Store,
    about: { headline: string; expected: string; why: string },
  ) => {
    const devices = await store.devices();
    const got = devices.map(({ id, presence }) => `${id} ${presence}`).join(", ") || "nobody";
    if (got === about.expected) return;
    const wire = desk.frames(({ type }) => type === "publish");
    throw new Wrong({ ...about, got, wire });
  };
});

/**
 * Subscribe to this topic of all devices, and hand each message to the answer, one after the other.
 * Returns how to wait until it has taken so many.
 */
async function takes(
  desk: Desk,
  store: Store,
  functionName: "takeReply" | "takeReading" | "takePresence",
  what: DeviceTopic,
): Promise<(count: number) => Promise<void>> {
  const { [functionName]: take }: Pick<Answers, typeof functionName> = await answers();
  const client: MqttClient = await desk.client("worker");
  let count = 0;
  let failure: unknown;
  let news = () => {};
  client.handleMessage = (packet: IPublishPacket, done) => {
    settles(functionName, () => take(store, packet)).then(
      () => {
        count++;
        news();
        done();
      },
      (error) => {
        failure ??= error;
        news();
      },
    );
  };
  await within(client.subscribeAsync(topicOf("+", what), { qos: 1 }), () =>
    brokerGone("no SUBACK"),
  );
  return (wanted) =>
    within(
      new Promise<void>((resolve, reject) => {
        news = () => {
          if (failure) reject(failure);
          else if (count >= wanted) resolve();
        };
        news();
      }),
      () => brokerGone(`it delivered ${count} messages, not ${wanted}`),
      6000,
    );
}
