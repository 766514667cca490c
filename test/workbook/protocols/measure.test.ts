import { beforeAll, describe, expect, test } from "vitest";
import { type Batch, reading } from "../../../workbook/protocols/batch.ts";
import {
  comparedMeasurement,
  connectionCosts,
  type Measurement,
  measure,
  measureAll,
  probes,
  roundTripsIn,
} from "../../../workbook/protocols/measure.ts";
import { segmentKinds, sizeOf, type WireMessage } from "../../../workbook/protocols/probe.ts";
import { openRecorder } from "../../../workbook/protocols/recorder.ts";
import { systems } from "../../../workbook/protocols/systems.ts";

const batches: readonly Batch[] = [
  reading,
  { ...reading, count: 100 },
  { ...reading, count: 100, keyed: true },
  { ...reading, payload: "x".repeat(20_000) },
  { ...reading, payload: "22.5 °C", topic: "rooms/blue/temperature" },
];

describe.each(probes)("$label", (probe) => {
  test("the segments of its messages sum to what crossed the line", async () => {
    const fake = await probe.fake();
    const recorder = await openRecorder(fake, probe.splitter);
    const session = await probe.open(recorder, fake);
    for (const batch of batches) {
      const from = recorder.messages.length;
      await session.send(batch);
      const { messages, bytes, pending } = recorder;
      const sum = messages.reduce((total, message) => total + sizeOf(message), 0);
      expect(pending).toBe(0);
      expect(sum).toBe(bytes["to-server"] + bytes["to-client"]);
      const published = messages.slice(from).filter(({ purpose }) => purpose === "publish");
      const payload = published.reduce((total, message) => total + sizeOf(message, "payload"), 0);
      expect(payload).toBe(batch.count * Buffer.byteLength(batch.payload));
    }
    await session.close();
    await recorder.close();
    await fake.close();
  });

  test("its splitter does not mind how the bytes are cut", async () => {
    const fake = await probe.fake();
    const chunks: { direction: "to-server" | "to-client"; bytes: Buffer }[] = [];
    const recorder = await openRecorder(fake, () => {
      const splitter = probe.splitter();
      return {
        get pending() {
          return splitter.pending;
        },
        push: (direction, bytes) => {
          chunks.push({ direction, bytes: Buffer.from(bytes) });
          return splitter.push(direction, bytes);
        },
      };
    });
    const session = await probe.open(recorder, fake);
    for (const batch of batches) await session.send(batch);
    await session.close();
    await recorder.close();
    await fake.close();

    const whole = recorder.messages;
    const again = probe.splitter();
    const cut = chunks.flatMap(({ direction, bytes }) =>
      // A byte at a time where it is decided where a message ends, then in pieces.
      [
        ...Array.from({ length: Math.min(64, bytes.length) }, (_, at) =>
          bytes.subarray(at, at + 1),
        ),
        bytes.subarray(64, 70),
        bytes.subarray(70),
      ].flatMap((piece) => again.push(direction, piece)),
    );
    expect(cut).toEqual(whole);
  });
});

test("a server that hangs up is trouble with the environment, not a crash", async () => {
  const probe = probes.find(({ id }) => id === "kafka-produce");
  if (probe === undefined) throw new Error("no such probe");
  const fake = await probe.fake();
  await fake.close();
  await expect(measure(probe, fake)).rejects.toMatchObject({
    name: "EnvironmentProblem",
    message: expect.stringContaining(`nobody listens at 127.0.0.1:${fake.port}`),
  });
});

test("round trips are counted where a client waits", () => {
  const said = (direction: WireMessage["direction"], more = {}): WireMessage => ({
    direction,
    name: "",
    purpose: "connect",
    segments: [],
    ...more,
  });
  const [out, back] = [said("to-server"), said("to-client")];
  const unawaited = said("to-server", { unawaited: true });
  expect(roundTripsIn([out, out, back])).toBe(1);
  expect(roundTripsIn([out, back, out, back, back])).toBe(2);
  expect(roundTripsIn([back, out, back])).toBe(1);
  expect(roundTripsIn([out, back, unawaited, back])).toBe(1);
});

describe("the comparison on the fakes", () => {
  let measurements: Measurement[];
  beforeAll(async () => {
    measurements = await measureAll();
  }, 30_000);

  test("says of every figure what answered", () => {
    expect(measurements.map(({ id }) => id)).toEqual(probes.map(({ id }) => id));
    expect(new Set(measurements.map(({ server }) => server.kind))).toEqual(new Set(["fake"]));
  });

  test("has segments that sum to the reading's bytes", () => {
    for (const { segments, single } of measurements) {
      expect(segmentKinds.reduce((sum, kind) => sum + segments[kind], 0)).toBe(single.publish);
    }
  });

  test("has the bytes that were once counted by other means", () => {
    // The codecs of the protocols, run by hand: mqtt-packet, and the frames of the specifications.
    const published = Object.fromEntries(
      measurements.map(({ id, single }) => [id, single.publish]),
    );
    expect(published).toEqual({
      "mqtt-3.1.1-qos-0": 43,
      "mqtt-3.1.1-qos-1": 45,
      "mqtt-3.1.1-qos-2": 49,
      "mqtt-5-qos-0": 44,
      "mqtt-5-qos-1": 46,
      "mqtt-5-qos-1-alias": 24,
      "amqp-topic": 99,
      "amqp-default": 90,
      "kafka-produce": 155,
      "pubsub-grpc": 133,
    });
  });

  test("flips in batches of one sensor, and back where each reading has its id", () => {
    const each = (system: (typeof systems)[number], keyed: boolean) =>
      comparedMeasurement(measurements, system).batches.findLast((one) => one.keyed === keyed)
        ?.publish ?? 0;
    expect(each("kafka", false)).toBeLessThan(each("mqtt", false));
    expect(each("pubsub", false)).toBeLessThan(each("kafka", false));
    expect(each("mqtt", true)).toBeLessThan(each("kafka", true));
    expect(each("kafka", true)).toBeLessThan(each("pubsub", true));
  });

  test("counts what only the first message costs to the connection", () => {
    const costs = connectionCosts(measurements);
    const { first, single, connect } = comparedMeasurement(measurements, "pubsub");
    expect(first.publish).toBeGreaterThan(single.publish);
    expect(costs.pubsub.connect).toBeGreaterThan(connect.sent + connect.received);
    expect(costs.mqtt.roundTrips).toBe(1);
    for (const system of systems) expect(costs[system].connect).toBeGreaterThan(0);
  });
});

/** Real servers, where the environment names some: what a client publishes is the same as on the fake. */
describe("real servers", () => {
  const named = Object.entries(process.env).filter(([name]) =>
    ["MQTT_AT", "AMQP_AT", "KAFKA_AT", "PUBSUB_AT"].includes(name),
  );
  test.skipIf(named.length === 0)("get the same bytes", { timeout: 120_000 }, async () => {
    const { serversFromEnvironment } = await import("../../../workbook/protocols/servers.ts");
    const servers = serversFromEnvironment(process.env);
    const [fakes, mixed] = [await measureAll(), await measureAll(servers)];
    for (const [index, { id, system, single, batches, server }] of mixed.entries()) {
      expect(server.kind, id).toBe(servers[system] ? "server" : "fake");
      expect(single.publish, id).toBe(fakes[index]?.single.publish);
      const published = (some: Measurement["batches"] = []) => some.map(({ publish }) => publish);
      expect(published(batches), id).toEqual(published(fakes[index]?.batches));
    }
  });
});
