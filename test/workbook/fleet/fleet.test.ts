import { connectAsync } from "mqtt";
import { expect, onTestFinished, test, vi } from "vitest";
import { startEmbedded } from "../../../workbook/broker/embedded.ts";
import { findMosquitto, startNative } from "../../../workbook/broker/native.ts";
import { Fleet } from "../../../workbook/fleet/fleet.ts";
import { roomsOf } from "../../../workbook/fleet/names.ts";
import { sensorsOf } from "../../../workbook/fleet/sensor.ts";
import { WireLog } from "../../../workbook/fleet/wire-log.ts";
import { Connection, Frame, Transcript } from "../../../workbook/wire/transcript.ts";
import { ack, connectPacket, publishPacket } from "../wire/rig.ts";
import { allOnline, deviceBecomes, nextEvent, openFleet } from "./rig.ts";

vi.setConfig({ testTimeout: 30_000 });

test("all devices come on line, and report", async () => {
  const fleet = await openFleet(10);
  await allOnline(fleet);
  const { devices } = fleet.snapshot;
  expect(devices.map(({ id }) => id).slice(-3)).toEqual(["library", "kitchen-2", "hall-2"]);
  expect(new Set(devices.map(({ kind }) => kind))).toEqual(
    new Set(["temperature", "humidity", "co2"]),
  );
});

test("the same seed gives the same readings, and another one others", () => {
  const take = (seed: number) =>
    sensorsOf(roomsOf(5), seed).map((sensor) => [1, 2, 3].map(() => sensor.next().value));
  expect(take(7)).toEqual(take(7));
  expect(take(7)).not.toEqual(take(8));
});

test("a device whose line is cut is offline by its will, and comes back by itself", async () => {
  const fleet = await openFleet();
  await allOnline(fleet);
  const offline = deviceBecomes(fleet, "hall", ({ status }) => status === "offline");
  expect(await fleet.act("hall", "cut")).toEqual({ done: true, words: "The line is cut." });
  expect(await offline).toMatchObject({ status: "offline", by: "will", running: true });
  expect(await fleet.act("hall", "cut")).toMatchObject({ done: false });
  const online = await deviceBecomes(fleet, "hall", ({ status }) => status === "online");
  expect(online.by).toBe("device");
});

test("a device that is switched off says so itself, and its will stays silent", async () => {
  const fleet = await openFleet();
  await allOnline(fleet);
  const offline = deviceBecomes(fleet, "hall", ({ status }) => status === "offline");
  expect(await fleet.act("hall", "stop")).toMatchObject({ done: true });
  expect(await offline).toMatchObject({ by: "device", running: false });
  expect(await fleet.act("hall", "stop")).toMatchObject({ done: false });
  const silent = { done: false, words: "There was no reply in time." };
  expect(await fleet.act("hall", "command")).toEqual(silent);
  expect(fleet.snapshot.devices[1]).toMatchObject({ status: "offline", by: "device" });
  expect(await fleet.act("hall", "start")).toMatchObject({ done: true });
  await deviceBecomes(fleet, "hall", ({ status }) => status === "online");
});

test("a command has its reply, and a reading with it", async () => {
  const fleet = await openFleet();
  await allOnline(fleet);
  const before = fleet.snapshot.devices[0]?.values.length ?? 0;
  const outcome = await fleet.act("kitchen", "command");
  expect(outcome?.words).toMatch(/^Reply after \d+ ms: \{"done":true\}$/);
  await deviceBecomes(fleet, "kitchen", ({ values }) => values.length > before);
});

test("a message with QoS 2 makes two flows of four packets each", async () => {
  const fleet = await openFleet();
  await allOnline(fleet);
  const flowEnds = nextEvent(
    fleet,
    (event) =>
      event.event === "entry" &&
      event.entry.words.startsWith("PUBCOMP") &&
      event.entry.client === "fleet-kitchen",
  );
  expect(await fleet.act("kitchen", "message")).toMatchObject({ done: true });
  await flowEnds;
  const sent = fleet.snapshot.entries.filter(({ words }) => /q2 .*kitchen\/message/.test(words));
  const publishes = sent.filter(({ type }) => type === "publish");
  expect(publishes.map(({ client }) => client)).toEqual(["fleet-monitor", "fleet-kitchen"]);
  for (const { number } of publishes) {
    const flow = fleet.details(number)?.flow.map(({ type }) => type);
    expect(flow).toEqual(["publish", "pubrec", "pubrel", "pubcomp"]);
  }
});

test("what others publish on the fleet's topics is not taken for a device", async () => {
  const fleet = await openFleet(1);
  await allOnline(fleet);
  const stranger = await connectAsync(fleet.snapshot.tapUrl, { clientId: "stranger" });
  onTestFinished(() => stranger.endAsync());
  await stranger.publishAsync("fleet/nobody/status", "online", { qos: 1 });
  await stranger.publishAsync("fleet/kitchen/status", "<b>", { qos: 1 });
  const infinite = '{"kind":"k","room":"r","unit":"u","value":1e999}';
  for (const reading of ["no JSON", "{}", infinite]) {
    await stranger.publishAsync("fleet/kitchen/reading", reading, { qos: 1 });
  }
  // The monitor has heard them all once it has heard this.
  await stranger.publishAsync("fleet/kitchen/status", "offline", { qos: 1 });
  await deviceBecomes(fleet, "kitchen", ({ status }) => status === "offline");
  expect(fleet.snapshot.devices).toHaveLength(1);
  expect(fleet.snapshot.devices[0]?.values.every(Number.isFinite)).toBe(true);
});

const kinds = [
  { kind: "embedded", start: startEmbedded, skip: false },
  { kind: "native", start: startNative, skip: findMosquitto() === undefined },
];
for (const { kind, start, skip } of kinds) {
  test.skipIf(skip)(
    `two fleets do not share one ${kind} broker, and one leaves nothing on it`,
    async () => {
      const broker = await start();
      onTestFinished(() => broker.stop());
      const first = await Fleet.open(broker, 2, 1);
      await allOnline(first);
      await expect(Fleet.open(broker, 2, 1)).rejects.toThrow("another fleet runs on");
      await deviceBecomes(first, "hall", ({ status }) => status === "online");
      await first.close();

      const late = await connectAsync(broker.url, { clientId: "late", protocolVersion: 5 });
      onTestFinished(() => late.endAsync());
      const kept: string[] = [];
      const marker = new Promise<void>((resolve) => {
        late.on("message", (topic, _payload, { retain }) => {
          if (retain) kept.push(topic);
          if (topic === "fleet/marker") resolve();
        });
      });
      await late.subscribeAsync("fleet/#");
      await late.publishAsync("fleet/marker", "");
      await marker;
      expect(kept).toEqual([]);

      const second = await Fleet.open(broker, 2, 1);
      await allOnline(second);
      await second.close();
    },
  );
}

test("it can end while a device has no line", async () => {
  const fleet = await openFleet();
  await allOnline(fleet);
  const offline = deviceBecomes(fleet, "hall", ({ status }) => status === "offline");
  await fleet.act("hall", "cut");
  await offline;
  await fleet.close();
});

test("of many packets the last thousand are kept", () => {
  const transcript = new Transcript();
  const heard: number[] = [];
  const log = new WireLog(transcript, ({ number }) => heard.push(number));
  const connection = new Connection(1);
  for (let i = 0; i < 5000; i++) {
    const bytes = publishPacket("t");
    transcript.record(new Frame(i, connection, "to-broker", bytes, bytes.length));
  }
  expect(heard).toHaveLength(5000);
  expect(log.entries.length).toBeGreaterThanOrEqual(1000);
  expect(log.entries.length).toBeLessThanOrEqual(1100);
  expect(log.entries.at(-1)?.number).toBe(5000);
  expect(log.details(1)).toBeUndefined();
  expect(log.details(5000)?.hex.join(" ")).toMatch(/^30 /);
});

test("a flow is the packets of one identifier and one beginner, and no older ones", () => {
  const transcript = new Transcript();
  const log = new WireLog(transcript, () => {});
  const connection = new Connection(1);
  const record = (direction: "to-broker" | "to-client", bytes: Buffer) =>
    transcript.record(new Frame(0, connection, direction, bytes, bytes.length));
  const first = connectPacket("lamp");
  const frame = new Frame(0, connection, "to-broker", first, first.length);
  connection.introduce(frame);
  transcript.record(frame);
  record("to-broker", publishPacket("t", 1, 7));
  // The broker's own 7, in between.
  record("to-client", publishPacket("t", 1, 7));
  record("to-client", ack("puback", 7));
  record("to-broker", ack("puback", 7));
  record("to-broker", publishPacket("t", 2, 7));
  record("to-client", ack("pubrec", 7));
  const flow = (number: number) => log.details(number)?.flow.map((entry) => entry.number);
  expect(flow(2)).toEqual([2, 4]);
  expect(flow(4)).toEqual([2, 4]);
  expect(flow(3)).toEqual([3, 5]);
  expect(flow(7)).toEqual([6, 7]);
  expect(flow(1)).toEqual([]);
});

test("a password is not in a packet's bytes", () => {
  const transcript = new Transcript();
  const log = new WireLog(transcript, () => {});
  const bytes = connectPacket("lamp", 5, { username: "anna", password: Buffer.from("geheim") });
  const connection = new Connection(1);
  const frame = new Frame(0, connection, "to-broker", bytes, bytes.length);
  connection.introduce(frame);
  transcript.record(frame);
  const text = JSON.stringify(log.details(1));
  expect(text).toMatch('"**","**","**","**","**","**"]');
  expect(text).not.toMatch("geheim");
});
