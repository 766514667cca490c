import { once } from "node:events";
import { createServer } from "node:net";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Broker } from "../../../workbook/broker/broker.ts";
import { startEmbedded } from "../../../workbook/broker/embedded.ts";
import { adviseOnTap } from "../../../workbook/troubles/from-tap.ts";
import { openTap, type Tap, withoutPassword } from "../../../workbook/wire/tap.ts";
import type { Closed, Entry } from "../../../workbook/wire/transcript.ts";
import { RawClient } from "../contract/raw-client.ts";
import { anyChunking, anyPacket } from "./packets.ts";
import {
  chop,
  connectPacket,
  encode,
  of,
  openRig,
  type Peer,
  portOf,
  publishPacket,
  type Rig,
} from "./rig.ts";

// Generous, for a machine that is busy with something else.
vi.setConfig({ testTimeout: 30_000 });

const isClosed = (entry: Entry): entry is Closed => entry.kind === "closed";

/** Bytes that may be MQTT, and may stop being MQTT anywhere. */
const anyStream = fc
  .array(
    fc.oneof(
      { weight: 20, arbitrary: anyPacket },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 3000 }).map(Buffer.from) },
    ),
    { maxLength: 40 },
  )
  .map((parts) => Buffer.concat(parts));

describe("forwarding", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await openRig();
  });
  afterEach(() => rig.close());

  async function sendBothWays(toBroker: Buffer, toClient: Buffer, sizes: readonly number[]) {
    const { client, broker } = await rig.line();
    const send = async (peer: Peer, bytes: Buffer) => {
      for (const chunk of chop(bytes, sizes)) await peer.send(chunk);
      peer.socket.end();
    };
    await Promise.all([
      send(client, toBroker),
      send(broker, toClient),
      client.ended(),
      broker.ended(),
    ]);
    expect(broker.received.equals(toBroker)).toBe(true);
    expect(client.received.equals(toClient)).toBe(true);
  }

  test("is byte-exact both ways at once, in any chunks, MQTT or not", async () => {
    await fc.assert(fc.asyncProperty(anyStream, anyStream, anyChunking, sendBothWays), {
      numRuns: 60,
    });
  });

  test("is as exact while a fault waits for a packet that never comes", async () => {
    rig.faults.arm({ do: "drop" }, of("auth"));
    await fc.assert(
      fc.asyncProperty(
        // What is no MQTT might look like an AUTH.
        fc.array(anyPacket, { maxLength: 40 }).map((parts) => Buffer.concat(parts)),
        fc.array(anyPacket, { maxLength: 40 }).map((parts) => Buffer.concat(parts)),
        anyChunking,
        sendBothWays,
      ),
      { numRuns: 60 },
    );
    expect(rig.faults.waiting).toBe(true);
  });

  test("is exact for several MiB both ways at once, and counts every byte", async () => {
    const packets = fc.sample(anyPacket, { seed: 7, numRuns: 300 });
    const stream = Buffer.concat(Array<Buffer[]>(700).fill(packets).flat());
    expect(stream.length).toBeGreaterThan(2 ** 21);
    await sendBothWays(stream, stream, [1, 100, 65_536, 7, 300_000]);
    const count = { packets: 700 * packets.length, bytes: stream.length };
    expect(rig.transcript.counts).toEqual({ "to-broker": count, "to-client": count });
  });

  test("waits for a receiver that does not read, and holds little meanwhile", async () => {
    const { client, broker } = await rig.line();
    broker.socket.pause();
    const packet = publishPacket("t".repeat(60_000));
    const packets = 1000;
    let accepted = 0;
    const sending = (async () => {
      for (let i = 0; i < packets; i++) {
        await client.send(packet);
        accepted++;
      }
    })();
    // The sender is stopped by the tap: nothing has moved for a few turns through another line.
    const { client: other, broker: otherEnd } = await rig.line();
    let before = -1;
    while (before !== accepted) {
      before = accepted;
      for (let turn = 1; turn <= 20; turn++) {
        await other.send(Buffer.from([0xc0, 0x00]));
        await otherEnd.bytes(otherEnd.received.length + 1);
      }
    }
    // The rest is in the kernel's buffers, on both sides of the tap.
    expect(rig.transcript.counts["to-broker"].bytes).toBeLessThan(30 * 2 ** 20);
    expect(accepted).toBeLessThan(packets);

    broker.socket.resume();
    await sending;
    const all = await broker.bytes(packets * packet.length);
    expect(all.equals(Buffer.concat(Array(packets).fill(packet)))).toBe(true);
  });

  test("goes on in one direction when the other has ended", async () => {
    const { client, broker } = await rig.line();
    await client.send(connectPacket("half"));
    client.socket.end();
    await broker.ended();
    await broker.send(publishPacket("late"));
    expect(await client.bytes(1)).toEqual(publishPacket("late"));
    broker.socket.end();
    await client.ended();
    const closed = await rig.transcript.seen(isClosed);
    expect(closed).toMatchObject({ by: "client" });
    expect(rig.transcript.frames(of("publish", "late"))).toHaveLength(1);
  });

  test("passes a client's reset on, with the reason in the transcript", async () => {
    const { client, broker } = await rig.line();
    await client.send(connectPacket("reset"));
    await broker.bytes(1);
    client.socket.resetAndDestroy();
    await broker.ended();
    expect(await rig.transcript.seen(isClosed)).toMatchObject({
      by: "client",
      error: "read ECONNRESET",
    });
  });

  test("passes a broker's reset on", async () => {
    const { client, broker } = await rig.line();
    await client.send(connectPacket("reset"));
    await broker.bytes(1);
    broker.socket.resetAndDestroy();
    await client.ended();
    expect(await rig.transcript.seen(isClosed)).toMatchObject({ by: "broker" });
  });

  test("stops a broker that still sends to a client that has ended and then reset", async () => {
    const { client, broker } = await rig.line();
    client.socket.end(connectPacket("gone"));
    await broker.ended();
    client.socket.resetAndDestroy();
    const chunk = Buffer.concat(Array(1000).fill(publishPacket("flood")));
    const flood = (error?: Error | null) => {
      if (!error) broker.socket.write(chunk, flood);
    };
    flood();
    await broker.closed();
  });

  test("shows half a packet once the line ends, and garbage at once", async () => {
    const { client, broker } = await rig.line();
    const half = publishPacket("some/topic").subarray(0, 6);
    client.socket.end(half);
    await broker.ended();
    expect(broker.received).toEqual(half);
    const [frame] = rig.transcript.frames();
    expect(frame).toMatchObject({
      size: 6,
      problem: "half a packet: 6 of 16 bytes",
      type: undefined,
    });

    await broker.send(Buffer.from("\0HTTP"));
    await client.bytes(5);
    expect(rig.transcript.frames().at(-1)).toMatchObject({ size: 5, problem: "not MQTT" });
    await broker.send(Buffer.from("more"));
    await client.bytes(9);
    expect(rig.transcript.frames().at(-1)).toMatchObject({ size: 4, problem: "not MQTT" });
  });

  test("shows a packet that is framed well and malformed inside as undecodable", async () => {
    const { client, broker } = await rig.line();
    const bad = Buffer.from([0x82, 0x03, 0x00, 0x01, 0x00]);
    await client.send(bad);
    await broker.bytes(bad.length);
    expect(rig.transcript.frames()[0]).toMatchObject({ type: "subscribe", packet: undefined });
    expect(rig.transcript.frames()[0]?.problem).toBeTruthy();
  });
});

describe("on a broker", () => {
  let broker: Broker;
  let tap: Tap;
  beforeAll(async () => {
    broker = await startEmbedded();
    tap = await openTap(broker.url);
  });
  afterAll(async () => {
    await tap.close();
    await broker.stop();
  });

  test("decodes MQTT 3.1.1 and MQTT 5 side by side, each at its own version", async () => {
    const five = await RawClient.open(tap.url, { clientId: "five", protocolVersion: 5 });
    const three = await RawClient.open(tap.url, { clientId: "three", protocolVersion: 4 });
    const properties = { messageExpiryInterval: 60, userProperties: { unit: "°C" } };
    await five.publish("v/5", "21", { qos: 1, properties });
    await three.publish("v/3", "22", { qos: 1 });
    const [fromFive] = tap.transcript.frames(of("publish", "v/5"));
    const [fromThree] = tap.transcript.frames(of("publish", "v/3"));
    expect(fromFive?.packet).toMatchObject({ payload: Buffer.from("21"), properties });
    expect(fromThree?.packet).toMatchObject({ payload: Buffer.from("22") });
    expect(fromThree?.packet).not.toHaveProperty("properties");
    expect(fromFive?.connection).toMatchObject({ name: "five", protocolVersion: 5 });
    expect(fromThree?.connection).toMatchObject({ name: "three", protocolVersion: 4 });
    await five.disconnect();
    await three.disconnect();
  });

  test("calls a connection by the client id that the broker assigned", async () => {
    const client = await RawClient.open(tap.url, { clientId: "" });
    const assigned = client.connack.properties?.assignedClientIdentifier;
    expect(assigned).toBeTruthy();
    await client.publish("assigned", "x", { qos: 1 });
    const [frame] = tap.transcript.frames(of("publish", "assigned"));
    expect(frame?.connection.name).toBe(assigned);
    await client.disconnect();
  });

  test("tells two connections of one client id apart", async () => {
    const first = await RawClient.open(tap.url, { clientId: "twin" });
    const second = await RawClient.open(tap.url, { clientId: "twin" });
    expect(await first.ended()).toBe("DISCONNECT 142");
    await second.disconnect();
    const connections = tap.transcript
      .frames((frame) => frame.type === "connect" && frame.connection.name === "twin")
      .map(({ connection }) => connection);
    expect(new Set(connections.map(({ number }) => number)).size).toBe(2);
    expect(connections.map(({ saidDisconnect }) => saidDisconnect)).toEqual([true, true]);
  });
});

test("cuts the lines that match at once, without a word, and no others", async () => {
  const rig = await openRig();
  const lamp = await rig.line();
  const other = await rig.line();
  await lamp.client.send(connectPacket("lamp"));
  await other.client.send(connectPacket("other"));
  await Promise.all([lamp.broker.bytes(1), other.broker.bytes(1)]);
  expect(rig.cutLines(({ clientId }) => clientId === "lamp")).toBe(1);
  await Promise.all([lamp.client.ended(), lamp.broker.ended()]);
  expect(lamp.client.received).toHaveLength(0);
  const closed = (await rig.transcript.seen(isClosed)) as Closed;
  expect(closed).toMatchObject({ by: "tap", connection: { clientId: "lamp" } });
  expect(rig.cutLines(({ clientId }) => clientId === "lamp")).toBe(0);

  const before = other.broker.received.length;
  await other.client.send(publishPacket("t"));
  await other.broker.bytes(before + 1);
  await rig.close();
});

describe("the tap itself", () => {
  test("listens on loopback alone and carries the credentials over", async () => {
    const tap = await openTap("mqtt://joe:se%40cret@127.0.0.1:1");
    expect(tap.url).toMatch(/^mqtt:\/\/joe:se%40cret@127\.0\.0\.1:\d+$/);
    await tap.close();
  });

  test.each(["127.0.0.1", "localhost"])(
    "closes the client when nothing listens at %s",
    async (host) => {
      const nobody = createServer().listen(0, "127.0.0.1");
      await once(nobody, "listening");
      const port = portOf(nobody);
      nobody.close();
      await once(nobody, "close");

      const tap = await openTap(`mqtt://${host}:${port}`);
      await expect(RawClient.open(tap.url)).rejects.toThrow("the broker ended the connection");
      const closed = (await tap.transcript.seen(isClosed)) as Closed;
      expect(closed.by).toBe("broker");
      expect(closed.error).toMatch(/^connect ECONNREFUSED/);
      await tap.close();
    },
  );

  test("says so when its port is taken", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = `127.0.0.1:${portOf(holder)}`;
    const opened = openTap("mqtt://127.0.0.1:1", portOf(holder));
    await expect(opened).rejects.toMatchObject({
      name: "CannotListen",
      address,
      cause: { code: "EADDRINUSE" },
    });
    await expect(opened.catch(adviseOnTap)).rejects.toMatchObject({
      name: "EnvironmentProblem",
      message: `the tap cannot listen on ${address}: another program already listens there, and only one can`,
    });
    holder.close();
  });

  test.each(["", "127.0.0.1:1883", "http://localhost", "mqtt://", "ws://localhost:9001"])(
    'takes "%s" for no address',
    async (address) => {
      await expect(openTap(address)).rejects.toMatchObject({ name: "EnvironmentProblem" });
    },
  );

  test("shows no password of an address", async () => {
    await expect(openTap("http://joe:secret@host")).rejects.toThrow(/^http:\/\/joe:…@host is no/);
    expect(withoutPassword("mqtt://joe:a:b@c@host:1")).toBe("mqtt://joe:…@host:1");
    expect(withoutPassword("mqtt://host:1883")).toBe("mqtt://host:1883");
  });

  test("close ends every line, and nothing listens any more", async () => {
    const rig = await openRig();
    const lines = [await rig.line(), await rig.line()];
    await lines[0]?.client.send(connectPacket("open"));
    const { port } = new URL(rig.url);
    await Promise.all([rig.close(), ...lines.map(({ client }) => client.closed())]);
    const late = await openTap("mqtt://127.0.0.1:1", Number(port));
    await late.close();
  });

  test("does not take a CONNECT from the broker's side for an introduction", async () => {
    const rig = await openRig();
    const { client, broker } = await rig.line();
    await client.send(connectPacket("real"));
    await broker.send(connectPacket("fake", 4));
    await client.bytes(1);
    await rig.transcript.seen((entry) => of("connect")(entry) && entry.direction === "to-client");
    expect(rig.transcript.frames()[0]?.connection).toMatchObject({
      name: "real",
      protocolVersion: 5,
    });
    await broker.send(encode({ cmd: "pingresp" }));
    await rig.close();
  });
});
