import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Broker } from "../../../workbook/broker/broker.ts";
import { startEmbedded } from "../../../workbook/broker/embedded.ts";
import { findMosquitto, startNative } from "../../../workbook/broker/native.ts";
import { createAuthority } from "../../../workbook/security/certificates.ts";
import { FrameSplitter } from "../../../workbook/wire/frames.ts";
import { openTap, type Tap } from "../../../workbook/wire/tap.ts";
import type { Entry } from "../../../workbook/wire/transcript.ts";
import { RawClient } from "../contract/raw-client.ts";
import {
  connectPacket,
  drop,
  encode,
  freeze,
  hold,
  of,
  openRig,
  Peer,
  portOf,
  publishPacket,
  type Rig,
} from "./rig.ts";

// Generous, for a machine that is busy with something else.
vi.setConfig({ testTimeout: 30_000 });

const pingreq = encode({ cmd: "pingreq" });
const pingresp = encode({ cmd: "pingresp" });
const disconnect = encode({ cmd: "disconnect", reasonCode: 0 });
const connack = (reasonCode = 0, properties = {}) =>
  encode({ cmd: "connack", reasonCode, sessionPresent: false, properties });
const subscribe = (topic: string) =>
  encode({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 0 }] });

const isClosed = (entry: Entry) => entry.kind === "closed";
const types = (tap: Tap) => tap.transcript.frames().map(({ type }) => type);

/** `undefined` where the answer does not come, or not soon. */
async function answerOf(settled: Promise<boolean>): Promise<boolean | undefined> {
  return Promise.race([settled, sleep(50, undefined)]);
}

/** Have this end answer each PINGREQ. Returns how many it has answered. */
function answering({ socket }: Peer): () => number {
  const splitter = new FrameSplitter();
  let answered = 0;
  socket.on("data", (chunk: Buffer) => {
    for (const { bytes } of splitter.push(chunk)) {
      if (!bytes.equals(pingreq)) continue;
      answered++;
      socket.write(pingresp);
    }
  });
  return () => answered;
}

describe("with a broker that says what the test has it say", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await openRig();
  });
  afterEach(() => rig.close());

  /** A line on which all is said: the client is connected, and what both sides said is taken away. */
  async function connected(options: object = {}, answer = connack()) {
    const line = await rig.line();
    const hello = connectPacket("someone", 5, options);
    await line.client.send(hello);
    await line.broker.bytes(hello.length);
    await line.broker.send(answer);
    await line.client.bytes(answer.length);
    return {
      ...line,
      /** What came after that, once it is so many bytes. */
      toBroker: async (count: number) =>
        (await line.broker.bytes(hello.length + count)).subarray(hello.length),
      toClient: async (count: number) =>
        (await line.client.bytes(answer.length + count)).subarray(answer.length),
    };
  }

  test("is so where there is no line", async () => {
    expect(rig.lines).toBe(0);
    expect(await rig.settled()).toBe(true);
  });

  test("waits for what came before the answer, however large, and for a second answer", async () => {
    const { broker, toBroker, toClient } = await connected();
    const settled = rig.settled();
    expect(await toBroker(2)).toEqual(pingreq);
    const large = publishPacket("t".repeat(60_000));
    await broker.send(Buffer.concat([...Array(20).fill(large), pingresp]));
    await toClient(20 * large.length);
    // Something has crossed: twice in a row nothing may.
    await toBroker(4);
    expect(await answerOf(settled)).toBeUndefined();
    await broker.send(pingresp);
    await toBroker(6);
    expect(await answerOf(settled)).toBeUndefined();
    await broker.send(pingresp);
    expect(await settled).toBe(true);
    expect(rig.transcript.frames(of("publish"))).toHaveLength(20);
  });

  test("leaves no trace of the pings, in no transcript, count, fault or client", async () => {
    const { client, broker, toClient } = await connected();
    rig.faults.arm(drop, of("pingreq"));
    rig.faults.arm(drop, of("pingresp"));
    const heard: Entry[] = [];
    rig.transcript.onEntry((entry) => heard.push(entry));
    const counts = structuredClone(rig.transcript.counts);
    const received = client.received.length;
    const answered = answering(broker);
    expect(await rig.settled()).toBe(true);
    expect(answered()).toBe(2);
    expect(heard).toEqual([]);
    expect(rig.transcript.counts).toEqual(counts);
    expect(client.received).toHaveLength(received);
    await broker.send(publishPacket("after"));
    expect(await toClient(1)).toEqual(publishPacket("after"));
  });

  test("swallows an answer that stands between other packets, or comes byte by byte", async () => {
    const { broker, toBroker, toClient } = await connected();
    const [a, b, c] = ["a", "b", "c"].map((topic) => publishPacket(topic)) as [
      Buffer,
      Buffer,
      Buffer,
    ];
    const settled = rig.settled();
    await toBroker(2);
    await broker.send(Buffer.concat([a, pingresp, b]));
    expect(await toClient(a.length + b.length)).toEqual(Buffer.concat([a, b]));
    await toBroker(4);
    await broker.send(Buffer.concat([c, pingresp.subarray(0, 1)]));
    expect(await toClient(a.length + b.length + c.length)).toEqual(Buffer.concat([a, b, c]));
    await broker.send(pingresp.subarray(1));
    for (const count of [6, 8]) {
      await toBroker(count);
      await broker.send(pingresp);
    }
    expect(await settled).toBe(true);
    expect(await toClient(0)).toEqual(Buffer.concat([a, b, c]));
  });

  test("tells its answers from those to the client's own pings", async () => {
    const { client, broker, toBroker, toClient } = await connected();
    await client.send(pingreq);
    await toBroker(2);
    const settled = rig.settled();
    await toBroker(4);
    await client.send(pingreq);
    await toBroker(6);
    // The first is the client's, the second the tap's, the third the client's again.
    await broker.send(pingresp);
    await toClient(2);
    expect(await answerOf(settled)).toBeUndefined();
    await broker.send(Buffer.concat([pingresp, pingresp]));
    await toClient(4);
    for (const count of [8, 10]) {
      await toBroker(count);
      await broker.send(pingresp);
    }
    expect(await settled).toBe(true);
    expect(client.received.subarray(-4)).toEqual(Buffer.concat([pingresp, pingresp]));
    expect(types(rig).filter((type) => type === "pingresp")).toHaveLength(2);
  });

  test("expects no answer to a client's ping that was dropped", async () => {
    const { client, broker, toBroker } = await connected();
    const dropped = rig.faults.arm(drop, of("pingreq"));
    await client.send(pingreq);
    await dropped.met;
    answering(broker);
    expect(await rig.settled()).toBe(true);
    expect(await toBroker(4)).toEqual(Buffer.concat([pingreq, pingreq]));
    expect(types(rig)).toEqual(["connect", "connack", "pingreq"]);
  });

  test("counts a client's ping that is held from where it is let go", async () => {
    const { client, broker, toBroker, toClient } = await connected();
    const held = rig.faults.arm(hold, of("pingreq"));
    await client.send(pingreq);
    await held.met;
    const settled = rig.settled();
    await toBroker(2);
    held.release();
    await toBroker(4);
    await broker.send(pingresp);
    // The tap's was the first, whatever came first to the tap.
    expect(await answerOf(settled)).toBeUndefined();
    expect(types(rig)).not.toContain("pingresp");
    await broker.send(pingresp);
    expect(await toClient(2)).toEqual(pingresp);
    for (const count of [6, 8, 10]) {
      await toBroker(count);
      await broker.send(pingresp);
    }
    expect(await settled).toBe(true);
  });

  test("lets an answer past what is held, in either direction", async () => {
    const { client, broker, toBroker, toClient } = await connected();
    answering(broker);
    const toHold = rig.faults.arm(hold, of("publish", "out"));
    await client.send(publishPacket("out"));
    await toHold.met;
    const alsoToHold = rig.faults.arm(hold, of("publish", "in"));
    await broker.send(publishPacket("in"));
    await alsoToHold.met;
    expect(await rig.settled()).toBe(true);
    expect(await toBroker(4)).toEqual(Buffer.concat([pingreq, pingreq]));
    alsoToHold.release();
    expect(await toClient(1)).toEqual(publishPacket("in"));
    toHold.release();
    const size = publishPacket("out").length;
    expect((await toBroker(4 + size)).subarray(4)).toEqual(publishPacket("out"));
  });

  test("may be asked by whoever hears of a packet that is not on its way yet", async () => {
    const { client, broker, toBroker } = await connected();
    answering(broker);
    const large = publishPacket("t".repeat(1000));
    // Its beginning goes on at once, and its end with what follows.
    await client.send(large.subarray(0, 500));
    await toBroker(500);
    const settled = new Promise((resolve) => {
      const stop = rig.transcript.onEntry(() => {
        stop();
        resolve(rig.settled());
      });
    });
    const rest = Buffer.concat([large.subarray(500), publishPacket("next")]);
    await client.send(rest);
    expect(await settled).toBe(true);
    const all = Buffer.concat([large, publishPacket("next"), pingreq, pingreq]);
    expect(await toBroker(all.length)).toEqual(all);
  });

  test("answers each of several calls, in any order of lines", async () => {
    const first = await connected();
    const second = await connected();
    answering(first.broker);
    const earlier = rig.settled();
    const later = rig.settled();
    await second.toBroker(4);
    expect(await answerOf(Promise.race([earlier, later]))).toBeUndefined();
    answering(second.broker);
    await second.broker.send(Buffer.concat([pingresp, pingresp]));
    expect(await Promise.all([earlier, later, rig.settled()])).toEqual([true, true, true]);
    expect(types(rig)).toEqual(["connect", "connack", "connect", "connack"]);
  });

  describe("skips a line", () => {
    test("on which nothing was sent yet", async () => {
      const { broker } = await rig.line();
      expect(rig.lines).toBe(1);
      expect(await rig.settled()).toBe(true);
      expect(broker.received).toHaveLength(0);
    });

    test("whose CONNECT waits at the tap", async () => {
      const { client, broker } = await rig.line();
      const held = rig.faults.arm(hold, of("connect"));
      await client.send(connectPacket("later", 5, { keepalive: 1 }));
      await held.met;
      expect(await rig.settled()).toBe(true);
      expect(broker.received).toHaveLength(0);
      held.release();
      await broker.bytes(1);
      expect(await rig.settled()).toBe(false);
    });

    test("that the broker has refused, whatever its CONNECT asked for", async () => {
      const { broker } = await connected({ keepalive: 1 }, connack(135));
      const before = broker.received.length;
      expect(await rig.settled()).toBe(true);
      expect(broker.received).toHaveLength(before);
    });

    test("that is frozen", async () => {
      const { client, broker, toBroker } = await connected();
      const frozen = rig.faults.arm(freeze, of("publish"));
      await client.send(publishPacket("still"));
      await frozen.met;
      const before = broker.received.length;
      expect(await rig.settled()).toBe(true);
      expect(broker.received).toHaveLength(before);
      frozen.release();
      answering(broker);
      await toBroker(publishPacket("still").length);
      expect(await rig.settled()).toBe(true);
      expect(broker.received.length).toBeGreaterThan(before + publishPacket("still").length);
    });
  });

  describe("cannot be known, and nobody is asked, where", () => {
    async function expectUnknown(): Promise<void> {
      const other = await connected();
      const before = other.broker.received.length;
      expect(await rig.settled()).toBe(false);
      expect(other.broker.received).toHaveLength(before);
    }

    test("a CONNECT has no CONNACK yet", async () => {
      const { client, broker } = await rig.line();
      await client.send(connectPacket("hopeful"));
      await broker.bytes(1);
      await expectUnknown();
    });

    test("something else than a CONNECT came first", async () => {
      const { client, broker } = await rig.line();
      await client.send(publishPacket("rude"));
      await broker.bytes(1);
      await expectUnknown();
    });

    test("half a packet came from the client", async () => {
      const { client, toBroker } = await connected();
      await client.send(publishPacket("half").subarray(0, 3));
      await toBroker(3);
      await expectUnknown();
    });

    test("half a packet came from the broker", async () => {
      const { broker, toClient } = await connected();
      await broker.send(publishPacket("half").subarray(0, 3));
      await toClient(3);
      await expectUnknown();
    });

    test("half a packet waits for a fault", async () => {
      const { client } = await connected();
      rig.faults.arm(drop, of("auth"));
      const half = publishPacket("half").subarray(0, 3);
      await client.send(Buffer.concat([publishPacket("whole"), half]));
      await rig.transcript.seen(of("publish", "whole"));
      await expectUnknown();
    });

    test("a side no longer speaks MQTT", async () => {
      const { broker, toClient } = await connected();
      await broker.send(Buffer.from("\0HTTP"));
      await toClient(5);
      await expectUnknown();
    });

    test("the client has sent more than the tap has taken", async () => {
      const { client, broker, toBroker } = await connected();
      broker.socket.pause();
      const packet = publishPacket("t".repeat(60_000));
      const all = Buffer.concat(Array<Buffer>(300).fill(packet));
      client.socket.write(all);
      // Until nothing has moved for a while.
      for (let before = -1; before !== rig.transcript.counts["to-broker"].packets; ) {
        before = rig.transcript.counts["to-broker"].packets;
        await sleep(100);
      }
      expect(await rig.settled()).toBe(false);
      broker.socket.resume();
      await toBroker(all.length);
    });

    test.each<[string, object, Buffer?]>([
      ["a Keep Alive", { keepalive: 9 }],
      ["the broker's own Keep Alive", { keepalive: 60 }, connack(0, { serverKeepAlive: 5 })],
      ["a Session Expiry Interval", { properties: { sessionExpiryInterval: 1 } }],
      ["the broker's own Session Expiry Interval", {}, connack(0, { sessionExpiryInterval: 9 })],
      ["a Will Delay Interval", { will: delayedWill() }],
    ])("the broker's clock runs: %s", async (_what, options, answer) => {
      await connected(options, answer);
      await expectUnknown();
    });

    test.each(["$SYS/broker/uptime", "$SYS/#", "$share/group/$SYS/#"])(
      "a client has subscribed to %s",
      async (filter) => {
        const { client, toBroker } = await connected();
        await client.send(subscribe(filter));
        await toBroker(1);
        await expectUnknown();
      },
    );
  });

  test.each<[string, object, Buffer?]>([
    ["no Keep Alive", { keepalive: 0 }],
    ["a long one", { keepalive: 10 }],
    ["a long one from the broker", { keepalive: 5 }, connack(0, { serverKeepAlive: 60 })],
    ["a long Session Expiry Interval", { properties: { sessionExpiryInterval: 10 } }],
    ["a will at once", { will: { ...delayedWill(), properties: { willDelayInterval: 0 } } }],
  ])("can be known with %s", async (_what, options, answer) => {
    const { client, broker, toBroker } = await connected(options, answer);
    answering(broker);
    await client.send(subscribe("an/ordinary/$SYS"));
    await toBroker(1);
    expect(await rig.settled()).toBe(true);
  });

  test("a Keep Alive matters only while its line is open", async () => {
    const { client, broker } = await connected({ keepalive: 5 });
    expect(await rig.settled()).toBe(false);
    client.socket.end();
    await broker.ended();
    broker.socket.end();
    await client.ended();
    expect(await rig.settled()).toBe(true);
  });

  test.each<[string, object, Buffer?]>([
    ["a delayed will", { will: delayedWill() }],
    ["the end of a session", { properties: { sessionExpiryInterval: 3 } }],
  ])("%s is still to come when its line has ended", async (_what, options) => {
    const { client, broker } = await connected(options);
    client.socket.resetAndDestroy();
    await broker.ended();
    await rig.transcript.seen(isClosed);
    expect(rig.lines).toBe(0);
    await connected();
    expect(await rig.settled()).toBe(false);
  });

  describe("a line that ends", () => {
    test("counts as answered when the broker closes it", async () => {
      const { client, broker, toBroker } = await connected();
      expect(rig.lines).toBe(1);
      const settled = rig.settled();
      await toBroker(2);
      broker.socket.end();
      await client.ended();
      expect(await settled).toBe(true);
      expect(rig.lines).toBe(0);
    });

    test("counts as answered when it is reset", async () => {
      const { client, toBroker } = await connected();
      const settled = rig.settled();
      await toBroker(2);
      client.socket.resetAndDestroy();
      expect(await settled).toBe(true);
    });

    test("is waited for after a DISCONNECT, without a ping", async () => {
      const { client, broker, toBroker } = await connected();
      await client.send(disconnect);
      await toBroker(disconnect.length);
      const settled = rig.settled();
      expect(await answerOf(settled)).toBeUndefined();
      broker.socket.end();
      expect(await settled).toBe(true);
      expect(await toBroker(0)).toEqual(disconnect);
    });

    test("is waited for when only its client has ended, for what the broker still says", async () => {
      const { client, broker, toBroker, toClient } = await connected();
      client.socket.end();
      await broker.ended();
      expect(rig.lines).toBe(0);
      const settled = rig.settled();
      expect(await answerOf(settled)).toBeUndefined();
      broker.socket.end(publishPacket("last"));
      await toClient(1);
      expect(await settled).toBe(true);
      expect(await toBroker(0)).toHaveLength(0);
      expect(rig.transcript.frames(of("publish", "last"))).toHaveLength(1);
    });

    test("is waited for when the tap has cut it, and so are its effects on other lines", async () => {
      const { broker } = await connected();
      const other = await connected();
      const settled = rig.settled();
      await other.toBroker(2);
      rig.cutLines(({ number }) => number === 1);
      expect(rig.lines).toBe(1);
      await broker.ended();
      await other.broker.send(pingresp);
      expect(await answerOf(settled)).toBeUndefined();
      // Now it sends the will.
      broker.socket.end();
      await other.toBroker(4);
      await other.broker.send(publishPacket("will"));
      answering(other.broker);
      await other.broker.send(pingresp);
      expect(await settled).toBe(true);
      expect(rig.transcript.frames(of("publish", "will"))).toHaveLength(1);
    });
  });

  test("waits for a broker that does not answer, until the tap is closed", async () => {
    const { client, toBroker } = await connected();
    const settled = [rig.settled(), rig.settled()];
    await toBroker(4);
    expect(await answerOf(Promise.race(settled))).toBeUndefined();
    await rig.close();
    expect(await Promise.all(settled)).toEqual([true, true]);
    expect(await rig.settled()).toBe(true);
    expect(client.received).toEqual(connack());
  });

  test("gives up where something crosses all the time", async () => {
    const { broker } = await connected();
    broker.socket.on("data", () =>
      broker.socket.write(Buffer.concat([publishPacket("on"), pingresp])),
    );
    expect(await rig.settled()).toBe(false);
  });
});

function delayedWill() {
  return {
    topic: "will",
    payload: Buffer.from("gone"),
    qos: 0 as const,
    retain: false,
    properties: { willDelayInterval: 1 },
  };
}

describe.each<[string, () => Promise<Broker>]>([
  ["the embedded broker", startEmbedded],
  ...(findMosquitto() ? [["Mosquitto", startNative] as [string, () => Promise<Broker>]] : []),
])("with %s", (_name, start) => {
  let broker: Broker;
  let tap: Tap;
  beforeEach(async () => {
    broker = await start();
    tap = await openTap(broker.url);
  });
  afterEach(async () => {
    await tap.close();
    await broker.stop();
  });

  const delivered = (topic: string) =>
    tap.transcript.frames(
      (frame) => frame.direction === "to-client" && of("publish", topic)(frame),
    );

  test("all of many retained messages have come", async () => {
    const publisher = await RawClient.open(tap.url);
    for (let i = 0; i < 15; i++)
      await publisher.publish(`kept/${i}`, "x", { qos: 1, retain: true });
    for (let round = 1; round <= 10; round++) {
      const reader = await RawClient.open(tap.url);
      await reader.subscribe("kept/#", { qos: 1 });
      expect(await tap.settled()).toBe(true);
      const all = tap.transcript.frames(
        ({ type, connection }) => type === "publish" && connection.clientId === reader.id,
      );
      expect(all).toHaveLength(15);
      await reader.disconnect();
    }
  });

  test("a message has come to all its readers, and a will to all who mourn", async () => {
    const readers = await Promise.all(
      Array.from({ length: 10 }, () => RawClient.open(tap.url, { protocolVersion: 4 })),
    );
    for (const reader of readers) await reader.subscribe("news/#", { qos: 1 });
    for (let round = 1; round <= 10; round++) {
      const will = {
        topic: `news/will/${round}`,
        payload: Buffer.from("x"),
        qos: 1,
        retain: false,
      };
      const writer = await RawClient.open(tap.url, { will } as object);
      await writer.publish(`news/${round}`, "x", { qos: 1 });
      expect(await tap.settled()).toBe(true);
      expect(delivered(`news/${round}`)).toHaveLength(10);
      tap.cutLines(({ clientId }) => clientId === writer.id);
      expect(await tap.settled()).toBe(true);
      expect(delivered(`news/will/${round}`)).toHaveLength(10);
    }
    expect(types(tap)).not.toContain("pingresp");
  });

  test("a client's own ping is answered among the tap's", async () => {
    const client = await RawClient.open(tap.url, { keepalive: 60 });
    const calls = Array.from({ length: 5 }, () => tap.settled());
    await client.ping();
    expect(await Promise.all([...calls, tap.settled()])).toEqual(Array(6).fill(true));
    expect(types(tap)).toEqual(["connect", "connack", "pingreq", "pingresp"]);
    await client.disconnect();
    expect(await tap.settled()).toBe(true);
    expect(tap.lines).toBe(0);
  });
});

test("asks a broker that speaks TLS as well", async () => {
  const authority = await createAuthority("ours");
  const { certificate, key } = await authority.issue({ name: "broker", hosts: ["127.0.0.1"] });
  const server = createServer({ cert: certificate, key });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const tap = await openTap(`mqtts://127.0.0.1:${portOf(server)}`, 0, {
    ca: authority.certificate,
  });
  const client = connect(Number(new URL(tap.url).port), "127.0.0.1");
  const [socket] = (await once(server, "secureConnection")) as [TLSSocket];
  const near = new Peer(client);
  const far = new Peer(socket as Socket);
  await near.send(connectPacket("secret"));
  await far.bytes(1);
  await far.send(connack());
  await near.bytes(1);
  const answered = answering(far);
  expect(await tap.settled()).toBe(true);
  expect(answered()).toBe(2);
  expect(near.received).toEqual(connack());
  await tap.close();
  server.close();
});
