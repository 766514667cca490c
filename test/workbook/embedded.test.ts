import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { generate, type IConnectPacket } from "mqtt-packet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Broker } from "../../workbook/broker/broker.ts";
import { startEmbedded } from "../../workbook/broker/embedded.ts";
import { Lab } from "./contract/lab.ts";
import { RawClient } from "./contract/raw-client.ts";

let broker: Broker;
beforeAll(async () => {
  broker = await startEmbedded();
});
afterAll(() => broker.stop());

describe("the broker", () => {
  test("is on loopback, and is called by its version", () => {
    const manifest = new URL("../../node_modules/aedes/package.json", import.meta.url);
    const { version } = JSON.parse(readFileSync(manifest, "utf8"));
    expect(broker.name).toBe(`Aedes ${version}, embedded`);
    expect(broker.url).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/);
    expect(broker.kind).toBe("embedded");
  });

  test("leaves nothing behind that keeps a process alive", async () => {
    const source = `
      const { startEmbedded } = await import("./workbook/broker/embedded.ts");
      const { RawClient } = await import("./test/workbook/contract/raw-client.ts");
      const broker = await startEmbedded();
      const client = await RawClient.open(broker.url, {
        keepalive: 60,
        properties: { sessionExpiryInterval: 3600 },
        will: { topic: "w", payload: "x", qos: 1, retain: true, properties: { willDelayInterval: 60 } },
      });
      await client.subscribe(["a/#", "$share/g/b/#"]);
      client.cut();
      await RawClient.open(broker.url);
      await broker.stop();
    `;
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "--eval", source],
      { cwd: new URL("../../", import.meta.url), stdio: ["ignore", "inherit", "inherit"] },
    );
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });

  test("on stop says DISCONNECT 139, and closes what never said CONNECT", async () => {
    const own = await startEmbedded();
    const client = await RawClient.open(own.url);
    const old = await RawClient.open(own.url, { protocolVersion: 4 });
    const silent = await openSocket(own);
    const half = await openSocket(own);
    half.write(Buffer.from([0x10, 0x20, 0x00]));
    const bothClosed = Promise.all([closed(silent), closed(half)]);
    await Promise.all([own.stop(), own.stop()]);
    await own.stop();
    expect(await client.ended()).toBe("DISCONNECT 139");
    expect(await old.ended()).toBe("closed");
    await bothClosed;
    const late = connect(portOf(own), "127.0.0.1");
    const [error] = await once(late, "error");
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("stops although a client does not read", async () => {
    const own = await startEmbedded();
    const deaf = await openSocket(own);
    deaf.pause();
    deaf.write(connectPacket());
    deaf.write(
      encode({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "flood", qos: 0 }] }),
    );
    const publisher = await RawClient.open(own.url);
    const ownCopy = await RawClient.open(own.url);
    await ownCopy.subscribe("flood");
    const payload = "x".repeat(1024 * 1024);
    for (let i = 0; i < 20; i++) {
      await publisher.publish("flood", payload);
      await ownCopy.message();
    }
    await own.stop();
  });
});

describe("what is no MQTT", () => {
  test("random bytes never end the process, nor anybody else's connection", async () => {
    const lab = new Lab(broker.url);
    const subscriber = await lab.subscriber();
    const publisher = await lab.client();
    const packet = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 40 }));
    const input = fc.record({
      isConnected: fc.boolean(),
      protocolVersion: fc.constantFrom(4 as const, 5 as const),
      garbage: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        // A fixed header with the right length, so that the rest is looked at.
        packet.map(([first, body]) => Uint8Array.from([first, body.length, ...body])),
      ),
    });
    await fc.assert(
      fc.asyncProperty(input, async ({ isConnected, protocolVersion, garbage }) => {
        const socket = await openSocket(broker);
        socket.resume();
        if (isConnected) socket.write(connectPacket({ protocolVersion }));
        socket.end(garbage);
        await closed(socket);
      }),
      { numRuns: 300 },
    );
    await publisher.publish(`${lab.topic}/a`, "alive");
    expect((await subscriber.message()).payload.toString()).toBe("alive");
    lab.close();
  });

  test.each([
    ["a PUBLISH whose Response Topic is cut short", "3009000161050800ff0101"],
    ["a PUBLISH whose topic is cut short", "3003000561"],
    ["an empty PUBLISH", "3000"],
    ["a SUBSCRIBE with the flags of a PUBLISH", "8006000100000161"],
    ["a reserved packet type", "0000"],
    ["a length of five bytes", "30ffffffff7f"],
  ])("%s ends the connection", async (_, hex) => {
    const client = await RawClient.open(broker.url);
    client.write(Buffer.from(hex, "hex"));
    expect(await client.ended()).toBe("DISCONNECT 129");
  });

  test("a packet that comes byte by byte, or several at once, is read all the same", async () => {
    const lab = new Lab(broker.url);
    const topic = `${lab.topic}/${"level/".repeat(30)}end`;
    const worker = await lab.client();
    const subscribe = worker.encode({
      cmd: "subscribe",
      messageId: 7,
      subscriptions: [{ topic: `$share/group/${topic}`, qos: 1 }],
    });
    for (const byte of subscribe) worker.write(Buffer.from([byte]));
    expect((await worker.next("suback")).granted).toEqual([1]);
    const publisher = await lab.client();
    const packets = ["1", "2", "3"].map((payload) =>
      publisher.encode(publisher.publishPacket(topic, payload)),
    );
    publisher.write(Buffer.concat([...packets, publisher.encode({ cmd: "pingreq" })]));
    await publisher.next("pingresp");
    expect((await worker.messagesUntil("3")).map(({ payload }) => `${payload}`)).toEqual([
      "1",
      "2",
    ]);
    lab.close();
  });

  test("many packets that come at once are all answered", async () => {
    const lab = new Lab(broker.url);
    const client = await lab.client();
    const packets = Array.from({ length: 20 }, (_, i) => [
      client.encode(client.publishPacket(lab.topic, "for nobody")),
      client.encode(client.publishPacket(lab.topic, "for nobody", { qos: i % 2 ? 1 : 2 })),
    ]).flat();
    client.write(Buffer.concat([...packets, client.encode({ cmd: "pingreq" })]));
    for (let i = 0; i < 20; i++) await client.next("puback", "pubrec");
    await client.next("pingresp");
    lab.close();
  });

  test("a DISCONNECT right before the end of the line still silences the will", async () => {
    const lab = new Lab(broker.url);
    const monitor = await lab.subscriber();
    // Aedes tells here which client has gone, after it has published its will.
    await monitor.subscribe("$SYS/+/disconnect/clients");
    const will = { topic: `${lab.topic}/will`, payload: "will", qos: 0 as const, retain: false };
    const device = await openSocket(broker);
    const bytes = [connectPacket({ clientId: lab.topic, will })];
    const payloads = Array.from({ length: 50 }, (_, i) => `${i}`);
    for (const payload of payloads) bytes.push(encode(publishOf(`${lab.topic}/a`, payload)));
    device.end(Buffer.concat([...bytes, encode({ cmd: "disconnect", reasonCode: 0 })]));
    const seen = await monitor.messagesUntil(lab.topic);
    const own = seen.filter(({ topic }) => topic.startsWith(lab.topic));
    expect(own.map(({ payload }) => `${payload}`)).toEqual(payloads);
    lab.close();
  });
});

describe("shared subscriptions", () => {
  test("nine jobs go round three workers", async () => {
    const lab = new Lab(broker.url);
    const workers = [await worker(lab), await worker(lab), await worker(lab)];
    await jobs(lab, ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
    expect(await Promise.all(workers.map((one) => done(lab, one)))).toEqual(["036", "147", "258"]);
    lab.close();
  });

  test("after the death of a worker the others do its share", async () => {
    const lab = new Lab(broker.url);
    const monitor = await lab.subscriber({ filter: `${lab.topic}/will` });
    const will = { topic: `${lab.topic}/will`, payload: "x", qos: 0 as const, retain: false };
    const first = await worker(lab);
    const dies = await worker(lab, { will });
    const third = await worker(lab);
    await jobs(lab, ["0", "1", "2"]);
    expect(await done(lab, dies)).toBe("1");
    dies.cut();
    await monitor.message();
    await jobs(lab, ["3", "4", "5", "6"]);
    expect([await done(lab, first), await done(lab, third)]).toEqual(["035", "246"]);
    lab.close();
  });

  test("who unsubscribes gets no more, and who comes later takes a turn", async () => {
    const lab = new Lab(broker.url);
    const [first, second] = [await worker(lab), await worker(lab)];
    await jobs(lab, ["0", "1"]);
    expect(await first.unsubscribe(shareOf(lab))).toEqual([0]);
    await jobs(lab, ["2", "3"]);
    const late = await worker(lab);
    await jobs(lab, ["4", "5"]);
    const all = await Promise.all([first, second, late].map((one) => done(lab, one)));
    expect(all).toEqual(["0", "1234", "5"]);
    lab.close();
  });

  test("a session that comes back has its place again, and gets what waited for it", async () => {
    const lab = new Lab(broker.url);
    const away = await worker(lab, { properties: { sessionExpiryInterval: 30 } });
    await away.disconnect();
    await jobs(lab, ["0", "1"]);
    const back = await lab.resume(away);
    const other = await worker(lab);
    await jobs(lab, ["2", "3", "4"]);
    expect(await done(lab, back)).toBe("0124");
    expect(await done(lab, other)).toBe("3");
    lab.close();
  });

  test("an absent session gets nothing while somebody is there", async () => {
    const lab = new Lab(broker.url);
    const away = await worker(lab, { properties: { sessionExpiryInterval: 30 } });
    const here = await worker(lab);
    await away.disconnect();
    await jobs(lab, ["0", "1", "2"]);
    expect(await done(lab, here)).toBe("012");
    expect(await done(lab, await lab.resume(away))).toBe("");
    lab.close();
  });

  test("Clean Start ends the membership of the session before", async () => {
    const lab = new Lab(broker.url);
    const away = await worker(lab, { properties: { sessionExpiryInterval: 30 } });
    await away.disconnect();
    const fresh = await lab.persistent({ clientId: away.id, clean: true });
    await jobs(lab, ["0", "1"]);
    expect(await done(lab, fresh)).toBe("");
    await fresh.disconnect();
    expect(await done(lab, await lab.resume(fresh))).toBe("");
    lab.close();
  });

  test("a job that is also retained comes without the flag", async () => {
    const lab = new Lab(broker.url);
    const one = await worker(lab);
    await (await lab.client()).publish(`${lab.topic}/jobs`, "0", { qos: 1, retain: true });
    expect((await one.message()).retain).toBe(false);
    lab.close();
  });

  test("a session that is taken over is one member, not two", async () => {
    const lab = new Lab(broker.url);
    const old = await worker(lab, { properties: { sessionExpiryInterval: 30 } });
    const taker = await lab.resume(old);
    await old.ended();
    const other = await worker(lab);
    await jobs(lab, ["0", "1", "2", "3"]);
    expect([await done(lab, taker), await done(lab, other)]).toEqual(["02", "13"]);
    lab.close();
  });

  test("a clean session that is taken over is no member any more", async () => {
    const lab = new Lab(broker.url);
    const old = await worker(lab);
    const taker = await lab.client({ clientId: old.id });
    await old.ended();
    const other = await worker(lab);
    await jobs(lab, ["0", "1"]);
    expect([await done(lab, taker), await done(lab, other)]).toEqual(["", "01"]);
    lab.close();
  });

  test("a second SUBSCRIBE changes QoS and identifier, and keeps the place", async () => {
    const lab = new Lab(broker.url);
    const [first, second] = [await worker(lab), await worker(lab)];
    await first.subscribe(shareOf(lab), { qos: 0 }, { subscriptionIdentifier: 9 });
    await jobs(lab, ["0", "1"]);
    const message = await first.message();
    expect(message).toMatchObject({ qos: 0, properties: { subscriptionIdentifier: 9 } });
    expect(await done(lab, second)).toBe("1");
    lab.close();
  });

  test("ordinary and shared filters of one SUBSCRIBE are answered in their order", async () => {
    const lab = new Lab(broker.url);
    const client = await lab.client();
    client.send({
      cmd: "subscribe",
      messageId: 3,
      subscriptions: [
        { topic: `${lab.topic}/a`, qos: 2 },
        { topic: shareOf(lab), qos: 1 },
        { topic: `${lab.topic}/b`, qos: 0 },
      ],
    });
    expect((await client.next("suback")).granted).toEqual([2, 1, 0]);
    const filters = [`${lab.topic}/a`, shareOf(lab), `${lab.topic}/c`];
    expect(await client.unsubscribe(...filters)).toEqual([0, 0, 17]);
    lab.close();
  });

  test.each(["$share/group", "$share/group/", "$share//a", "$share/+/a", "$share/#"])(
    "%s is malformed",
    async (filter) => {
      const client = await RawClient.open(broker.url);
      client.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: filter, qos: 0 }] });
      expect(await client.ended()).toBe("DISCONNECT 129");
    },
  );
});

describe("delivery", () => {
  test("what was held back for Receive Maximum comes after a cut, without DUP", async () => {
    const lab = new Lab(broker.url);
    const properties = { receiveMaximum: 1, sessionExpiryInterval: 30 };
    const slow = await lab.client({ properties });
    await slow.subscribe(`${lab.topic}/#`, { qos: 1 });
    const publisher = await lab.client();
    for (const payload of ["0", "1", "2"]) {
      await publisher.publish(`${lab.topic}/a`, payload, { qos: 1 });
    }
    expect(`${(await slow.next("publish")).payload}`).toBe("0");
    slow.cut();
    const back = await lab.resume(slow);
    const again = [await back.message(), await back.message(), await back.message()];
    expect(again.map(({ payload, dup }) => [`${payload}`, dup])).toEqual([
      ["0", true],
      ["1", false],
      ["2", false],
    ]);
    lab.close();
  });

  test("a QoS 2 message counts against Receive Maximum until its PUBCOMP", async () => {
    const lab = new Lab(broker.url);
    const slow = await lab.client({ properties: { receiveMaximum: 1 } });
    await slow.subscribe(`${lab.topic}/#`, { qos: 2 });
    const publisher = await lab.client();
    for (const payload of ["0", "1"]) {
      await publisher.publish(`${lab.topic}/a`, payload, { qos: 2 });
    }
    const { messageId = 0 } = await slow.next("publish");
    slow.send({ cmd: "pubrec", messageId });
    await slow.next("pubrel");
    // This one needs no acknowledgement, and so passes by the one that is held back.
    await publisher.publish(`${lab.topic}/a`, "end");
    expect(`${(await slow.next("publish")).payload}`).toBe("end");
    slow.send({ cmd: "pubcomp", messageId });
    expect(`${(await slow.message()).payload}`).toBe("1");
    lab.close();
  });

  test("the DUP of the publisher does not reach the subscribers", async () => {
    const lab = new Lab(broker.url);
    // The lowest level too: there DUP may never be set [MQTT-3.3.1-2].
    const subscribers = [await lab.subscriber({ qos: 1 }), await lab.subscriber({ qos: 0 })];
    const publisher = await lab.client();
    publisher.send({ ...publisher.publishPacket(`${lab.topic}/a`, "x", { qos: 1 }), dup: true });
    for (const one of subscribers) expect((await one.message()).dup).toBe(false);
    lab.close();
  });

  test("what was not acknowledged comes with DUP to who takes the session over", async () => {
    const lab = new Lab(broker.url);
    const first = await lab.persistent();
    await first.subscribe(`${lab.topic}/#`, { qos: 1 });
    await (await lab.client()).publish(`${lab.topic}/a`, "x", { qos: 1 });
    await first.next("publish");
    const second = await lab.resume(first);
    expect((await second.next("publish")).dup).toBe(true);
    lab.close();
  });

  test("an acknowledged message does not come again", async () => {
    const lab = new Lab(broker.url);
    const first = await lab.persistent();
    await first.subscribe(`${lab.topic}/#`, { qos: 2 });
    const publisher = await lab.client();
    await publisher.publish(`${lab.topic}/a`, "1", { qos: 1 });
    await publisher.publish(`${lab.topic}/a`, "2", { qos: 2 });
    await first.message();
    await first.message();
    await first.ping();
    first.cut();
    const back = await lab.resume(first);
    await publisher.publish(`${lab.topic}/a`, "end", { qos: 2 });
    expect(await back.messagesUntil("end")).toEqual([]);
    lab.close();
  });
});

test("an MQTT 3.1.1 client sees nothing of MQTT 5", async () => {
  const lab = new Lab(broker.url);
  const socket = await openSocket(broker);
  socket.write(connectPacket({ protocolVersion: 4 }));
  expect(await readHex(socket, 4)).toBe("20020000");
  const topic = `${lab.topic}/a`;
  const subscriptions = [{ topic, qos: 2 as const }];
  socket.write(generate({ cmd: "subscribe", messageId: 5, subscriptions }, { protocolVersion: 4 }));
  expect(await readHex(socket, 5)).toBe("9003000502");
  const properties = { contentType: "text/plain", userProperties: { a: "b" } };
  await (await lab.client()).publish(topic, "x", { properties });
  const expected = generate(publishOf(topic, "x"), { protocolVersion: 4 });
  expect(await readHex(socket, expected.length)).toBe(expected.toString("hex"));
  socket.destroy();
  lab.close();
});

function portOf({ url }: Broker): number {
  return Number(new URL(url).port);
}

async function openSocket(to: Broker): Promise<Socket> {
  const socket = connect({ port: portOf(to), host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Unlike `once`, this does not fail when an error comes first. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

async function readHex(socket: Socket, length: number): Promise<string> {
  for (;;) {
    const bytes = socket.read(length);
    if (bytes !== null) return bytes.toString("hex");
    await once(socket, "readable");
  }
}

function connectPacket(options: Partial<IConnectPacket> = {}): Buffer {
  return generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 5,
    clean: true,
    keepalive: 0,
    clientId: "",
    ...options,
  });
}

function encode(packet: Parameters<typeof generate>[0]): Buffer {
  return generate(packet, { protocolVersion: 5 });
}

function publishOf(topic: string, payload: string) {
  return { cmd: "publish", topic, payload, qos: 0, retain: false, dup: false } as const;
}

function shareOf(lab: Lab): string {
  return `$share/workers/${lab.topic}/jobs`;
}

async function worker(lab: Lab, options: Partial<IConnectPacket> = {}): Promise<RawClient> {
  const client = await lab.client(options);
  await client.subscribe(shareOf(lab), { qos: 1 });
  return client;
}

async function jobs(lab: Lab, payloads: readonly string[]): Promise<void> {
  const publisher = await lab.client();
  for (const payload of payloads) {
    await publisher.publish(`${lab.topic}/jobs`, payload, { qos: 1 });
  }
}

/** What this worker got, once a message that is for it alone has come after it. */
async function done(lab: Lab, one: RawClient): Promise<string> {
  const own = `${lab.topic}/end/${one.id}`;
  await one.subscribe(own, { qos: 1 });
  await (await lab.client()).publish(own, "end", { qos: 1 });
  return (await one.messagesUntil("end")).map(({ payload }) => `${payload}`).join("");
}
