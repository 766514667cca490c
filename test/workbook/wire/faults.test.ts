import { spawn } from "node:child_process";
import { once } from "node:events";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Fault } from "../../../workbook/wire/faults.ts";
import type { Entry, Frame } from "../../../workbook/wire/transcript.ts";
import {
  ack,
  chop,
  connectPacket,
  cutAfter,
  cutBefore,
  drop,
  encode,
  freeze,
  hold,
  of,
  openRig,
  type Peer,
  publishPacket,
  type Rig,
} from "./rig.ts";

// Generous, for a machine that is busy with something else.
vi.setConfig({ testTimeout: 30_000 });

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
});
afterEach(() => rig.close());

const [a, b, c] = ["a", "b", "c"].map((topic) => publishPacket(topic)) as [Buffer, Buffer, Buffer];
const all = Buffer.concat([a, b, c]);
const fates = () => rig.transcript.frames(of("publish")).map(({ fate }) => fate);

test("drop: the packet never arrives, those around it do", async () => {
  const { client, broker } = await rig.line();
  const dropped = rig.faults.arm(drop, of("publish", "b"));
  await client.send(all);
  expect(await broker.bytes(a.length + c.length)).toEqual(Buffer.concat([a, c]));
  expect(await dropped.met).toMatchObject({ fate: "dropped" });
  expect(fates()).toEqual(["passed", "dropped", "passed"]);
  // It is spent.
  await client.send(b);
  await broker.bytes(all.length);
});

test("drop: a fault meets one packet, two faults meet two", async () => {
  const { client, broker } = await rig.line();
  rig.faults.arm(drop, of("publish"));
  rig.faults.arm(drop, of("publish"));
  await client.send(all);
  expect(await broker.bytes(c.length)).toEqual(c);
  expect(rig.faults.waiting).toBe(false);
});

test("drop: any packets, any chunks, exactly the chosen ones are missing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      async (chosen, sizes) => {
        const { client, broker } = await rig.line();
        const packets = chosen.map((_, index) => publishPacket(`t/${index}`));
        for (const [index, isDropped] of chosen.entries()) {
          if (isDropped) rig.faults.arm(drop, of("publish", `t/${index}`));
        }
        for (const chunk of chop(Buffer.concat(packets), sizes)) await client.send(chunk);
        client.socket.end();
        await broker.ended();
        const kept = packets.filter((_, index) => !chosen[index]);
        expect(broker.received).toEqual(Buffer.concat(kept));
        expect(rig.faults.waiting).toBe(false);
        broker.socket.end();
      },
    ),
    { numRuns: 50 },
  );
});

test("delay: the packet and what follows it come later, in order", async () => {
  const { client, broker } = await rig.line();
  rig.faults.arm({ do: "delay", ms: 60 }, of("publish", "b"));
  const began = performance.now();
  await client.send(all);
  const early = await broker.bytes(a.length);
  expect(early).toEqual(a);
  expect(fates()).toEqual(["passed", "delayed", "delayed"]);
  expect(await broker.bytes(all.length)).toEqual(all);
  // Node's timers may come a millisecond early.
  expect(performance.now() - began).toBeGreaterThan(58);
  expect(fates()).toEqual(["passed", "passed", "passed"]);
});

test("hold: the packet and what follows it wait, and go in order when released", async () => {
  const { client, broker } = await rig.line();
  const held = rig.faults.arm(hold, of("publish", "b"));
  await client.send(all);
  await held.met;
  await client.send(Buffer.from([0xc0, 0x00]));
  await rig.transcript.seen(of("pingreq"));
  // The other direction is not held.
  await broker.send(ack("puback"));
  await client.bytes(4);
  expect(await broker.bytes(a.length)).toEqual(a);
  expect(fates()).toEqual(["passed", "held", "held"]);
  const chunks: Buffer[] = [];
  broker.socket.on("data", (chunk) => chunks.push(chunk));
  held.release();
  await broker.bytes(all.length + 2);
  expect(broker.received).toEqual(Buffer.concat([all, Buffer.from([0xc0, 0x00])]));
  expect(chunks).toHaveLength(1);
  expect(fates()).toEqual(["passed", "passed", "passed"]);
});

test("hold: released before its packet comes, it holds nothing", async () => {
  const { client, broker } = await rig.line();
  rig.faults.arm(hold, of("publish", "b")).release();
  await client.send(all);
  expect(await broker.bytes(all.length)).toEqual(all);
});

test("hold: two held packets go one after the other", async () => {
  const { client, broker } = await rig.line();
  const first = rig.faults.arm(hold, of("publish", "a"));
  const second = rig.faults.arm(hold, of("publish", "b"));
  await client.send(all);
  await second.met;
  second.release();
  first.release();
  expect(await broker.bytes(all.length)).toEqual(all);
});

test("hold: a line that is never released is read only so far", async () => {
  const { client } = await rig.line();
  const held = rig.faults.arm(hold, of("connect"));
  await client.send(connectPacket("held"));
  await held.met;
  const packet = publishPacket("t".repeat(60_000));
  let sent = 0;
  const flood = (error?: Error | null) => {
    if (error || sent === 2000) return;
    sent++;
    client.socket.write(packet, flood);
  };
  flood();
  const { client: other, broker: otherEnd } = await rig.line();
  for (let before = -1; before !== sent; ) {
    before = sent;
    for (let turn = 1; turn <= 20; turn++) {
      await other.send(Buffer.from([0xc0, 0x00]));
      await otherEnd.bytes(otherEnd.received.length + 1);
    }
  }
  expect(rig.transcript.counts["to-broker"].bytes).toBeLessThan(2 * 2 ** 20);
  expect(sent).toBeLessThan(2000);
});

test("hold: many small packets behind a held one cost no more than their number", async () => {
  const { client, broker } = await rig.line();
  const held = rig.faults.arm(hold, of("publish"));
  const pings = Buffer.alloc(400_000, Buffer.from([0xc0, 0x00]));
  await client.send(Buffer.concat([a, pings]));
  await rig.transcript.seen(() => rig.transcript.counts["to-broker"].packets === 200_001);
  held.release();
  const arrived = await broker.bytes(a.length + pings.length);
  expect(arrived.equals(Buffer.concat([a, pings]))).toBe(true);
});

test("hold: the sender's end waits its turn", async () => {
  const { client, broker } = await rig.line();
  const held = rig.faults.arm(hold, of("publish", "b"));
  client.socket.end(all);
  await rig.transcript.seen((entry) => entry.kind === "closed");
  expect(broker.hasEnded).toBe(false);
  held.release();
  await broker.ended();
  expect(broker.received).toEqual(all);
});

test("hold: a packet that is held when its line is reset is lost, and stays told as held", async () => {
  const { client, broker } = await rig.line();
  const held = rig.faults.arm(hold, of("publish", "b"));
  await client.send(all);
  await held.met;
  client.socket.resetAndDestroy();
  await broker.ended();
  held.release();
  await held.released;
  expect(broker.received).toEqual(a);
  expect(fates()).toEqual(["passed", "held", "held"]);
});

test("hold: a packet that is held when its line is cut is told as cut", async () => {
  const { client, broker } = await rig.line();
  const held = rig.faults.arm(hold, of("publish", "b"));
  await client.send(all);
  await held.met;
  rig.faults.arm(cutAfter, of("puback"));
  await broker.send(ack("puback"));
  await Promise.all([client.ended(), broker.ended()]);
  expect(client.received).toEqual(ack("puback"));
  expect(fates()).toEqual(["passed", "cut", "cut"]);
  held.release();
  await held.released;
  expect(broker.received).toEqual(a);
});

test("freeze: nothing arrives either way until it is released, then all of it in order", async () => {
  const { client, broker } = await rig.line();
  const frozen = rig.faults.arm(freeze, of("publish", "b"));
  await client.send(all);
  await frozen.met;
  await broker.send(Buffer.concat([ack("puback"), ack("pubrec")]));
  await rig.transcript.seen(of("pubrec"));
  // Other lines go on, and the turn that they take shows that here nothing moves.
  const other = await rig.line();
  await other.client.send(c);
  await other.broker.bytes(c.length);
  expect(broker.received).toEqual(a);
  expect(client.received).toHaveLength(0);
  expect(fates()).toEqual(["passed", "held", "held", "passed"]);
  frozen.release();
  expect(await broker.bytes(all.length)).toEqual(all);
  expect(await client.bytes(8)).toEqual(Buffer.concat([ack("puback"), ack("pubrec")]));
  expect(fates()).toEqual(["passed", "passed", "passed", "passed"]);
});

describe.each(["ends", "resets"] as const)("freeze: the client %s the line", (how) => {
  const leave = ({ socket }: Peer) =>
    how === "ends" ? socket.destroy() : socket.resetAndDestroy();

  test("and the broker hears of it only when it is released", async () => {
    const { client, broker } = await rig.line();
    const frozen = rig.faults.arm(freeze, of("publish", "b"));
    await client.send(all);
    await frozen.met;
    leave(client);
    await rig.transcript.seen((entry) => entry.kind === "closed" && entry.by === "client");
    const other = await rig.line();
    await other.client.send(c);
    await other.broker.bytes(c.length);
    expect(broker.hasEnded || broker.isClosed).toBe(false);
    frozen.release();
    await broker.ended();
    if (how === "ends") expect(broker.received).toEqual(all);
  });
});

test("freeze: the client hears of the broker's end only when it is released", async () => {
  const { client, broker } = await rig.line();
  const frozen = rig.faults.arm(freeze, of("publish", "a"));
  await client.send(a);
  await frozen.met;
  broker.socket.end(ack("puback"));
  await rig.transcript.seen((entry) => entry.kind === "closed" && entry.by === "broker");
  const other = await rig.line();
  await other.broker.send(ack("puback"));
  await other.client.bytes(4);
  expect(client.hasEnded || client.isClosed).toBe(false);
  frozen.release();
  await client.ended();
  expect(client.received).toEqual(ack("puback"));
});

test("freeze: closing the tap ends a frozen line", async () => {
  const { client, broker } = await rig.line();
  const frozen = rig.faults.arm(freeze, of("publish", "a"));
  await client.send(all);
  await frozen.met;
  await rig.close();
  await Promise.all([client.closed(), broker.closed()]);
  expect(broker.received).toHaveLength(0);
});

describe.each([
  ["before", cutBefore, a],
  ["after", cutAfter, Buffer.concat([a, b])],
] as const)("cut %s", (_when, fault: Fault, arrives) => {
  test("ends both halves of the line there", async () => {
    const { client, broker } = await rig.line();
    rig.faults.arm(fault, of("publish", "b"));
    await client.send(all);
    await Promise.all([client.ended(), broker.ended()]);
    expect(broker.received).toEqual(arrives);
    const [last] = rig.transcript.entries.slice(-1);
    expect(last).toMatchObject({ kind: "closed", by: "tap" });
    // What came after it in the same chunk is not even seen, as if it had come a moment later.
    expect(fates()).toEqual(["passed", fault === cutBefore ? "cut" : "passed"]);
  });

  test("lets go what the client still sends, and the next line is whole", async () => {
    const first = await rig.line();
    rig.faults.arm(fault, of("publish", "b"));
    await first.client.send(all);
    await first.client.ended();
    await first.client.send(all);
    first.client.socket.end();
    first.broker.socket.end();
    await Promise.all([first.client.closed(), first.broker.closed()]);
    expect(first.client.error).toBeUndefined();
    expect(first.broker.received).toEqual(arrives);

    const second = await rig.line();
    await second.client.send(all);
    expect(await second.broker.bytes(all.length)).toEqual(all);
  });

  test("reaches a receiver that reads late", async () => {
    const { client, broker } = await rig.line();
    broker.socket.pause();
    rig.faults.arm(fault, of("publish", "b"));
    await client.send(all);
    await client.ended();
    client.socket.end();
    await client.closed();
    broker.socket.resume();
    await broker.ended();
    expect(broker.received).toEqual(arrives);
  });
});

test("cut: behind a held packet it waits its turn, and takes what is behind it along", async () => {
  const { client, broker } = await rig.line();
  const held = rig.faults.arm(hold, of("publish", "a"));
  rig.faults.arm(cutAfter, of("publish", "b"));
  await client.send(all);
  await held.met;
  await rig.transcript.seen(of("publish", "c"));
  expect(broker.hasEnded).toBe(false);
  held.release();
  await broker.ended();
  expect(broker.received).toEqual(Buffer.concat([a, b]));
  expect(fates()).toEqual(["passed", "passed", "cut"]);
});

test("refuse: the next connection closes, the broker never hears of it, the one after is made", async () => {
  let refused = 0;
  rig.faults.refuseNextConnection(() => refused++);
  const unlucky = await rig.client();
  await unlucky.ended();
  expect(rig.accepted()).toBe(0);
  expect(refused).toBe(1);
  expect(rig.transcript.entries).toMatchObject([
    { kind: "opened" },
    { kind: "closed", by: "tap", refused: true },
  ]);
  await rig.line();
  expect(rig.accepted()).toBe(1);
});

test("a matcher knows the connection by the client id of the very packet it looks at", async () => {
  const { client, broker } = await rig.line();
  const armed = rig.faults.arm(drop, (frame) => frame.connection.clientId === "sensor-1");
  await client.send(Buffer.concat([connectPacket("sensor-1"), a]));
  expect(await broker.bytes(a.length)).toEqual(a);
  expect((await armed.met).type).toBe("connect");
});

test("a fault armed in the middle of a packet meets the next one, whole", async () => {
  const { client, broker } = await rig.line();
  await client.send(a.subarray(0, 3));
  await broker.bytes(3);
  rig.faults.arm(drop, of("publish"));
  await client.send(a.subarray(3));
  await client.send(Buffer.concat([b, c]));
  expect(await broker.bytes(a.length + c.length)).toEqual(Buffer.concat([a, c]));
  expect(fates()).toEqual(["passed", "dropped", "passed"]);
});

test("half a packet waits while a fault may be meant for it, and goes on when the line ends", async () => {
  const { client, broker } = await rig.line();
  rig.faults.arm(drop, of("publish"));
  client.socket.end(a.subarray(0, 3));
  await broker.ended();
  expect(broker.received).toEqual(a.subarray(0, 3));
  expect(rig.faults.waiting).toBe(true);
});

test("garbage meets no fault, and waits its turn behind a held packet", async () => {
  const { client, broker } = await rig.line();
  rig.faults.arm(drop, of("pubrel"));
  const held = rig.faults.arm(hold, of("publish", "b"));
  const garbage = Buffer.from("\0not MQTT at all");
  await client.send(Buffer.concat([a, b, garbage]));
  await rig.transcript.seen((entry) => entry.kind === "frame" && entry.problem !== undefined);
  expect(await broker.bytes(a.length)).toEqual(a);
  expect(rig.transcript.frames().map(({ fate }) => fate)).toEqual(["passed", "held", "held"]);
  held.release();
  const expected = Buffer.concat([a, b, garbage]);
  expect(await broker.bytes(expected.length)).toEqual(expected);
});

test("a packet too large to keep passes in spite of a fault for it, with its size told", async () => {
  const { client, broker } = await rig.line();
  rig.faults.arm(drop, (frame) => frame.size > 1000);
  const huge = encode({
    cmd: "publish",
    topic: "huge",
    payload: Buffer.alloc(600_000),
    qos: 0,
    dup: false,
    retain: false,
  });
  await client.send(huge);
  expect((await broker.bytes(huge.length)).equals(huge)).toBe(true);
  const isHuge = (entry: Entry): entry is Frame => entry.kind === "frame";
  expect(await rig.transcript.seen(isHuge)).toMatchObject({ size: huge.length, type: "publish" });
  expect(rig.transcript.frames()[0]?.problem).toBe("too large to be kept");
});

test("what is armed when a fault strikes can meet the very next packet of the same chunk", async () => {
  const { client, broker } = await rig.line();
  rig.faults.arm(drop, of("publish"), () => {
    rig.faults.arm(drop, of("publish"));
  });
  await client.send(all);
  expect(await broker.bytes(c.length)).toEqual(c);
});

test("after close a packet that was held or delayed stays told as that", async () => {
  const { client } = await rig.line();
  rig.faults.arm({ do: "delay", ms: 3_600_000 }, of("publish", "a"));
  const held = rig.faults.arm(hold, of("publish", "b"));
  await client.send(all);
  await held.met;
  await rig.close();
  held.release();
  await held.released;
  expect(fates()).toEqual(["delayed", "delayed", "delayed"]);
});

test("after close nothing is left that keeps a process alive", async () => {
  const source = `
    const { hold, of, openRig, publishPacket } = await import("./test/workbook/wire/rig.ts");
    const rig = await openRig();
    const [one, two] = [await rig.line(), await rig.line()];
    const delayed = rig.faults.arm({ do: "delay", ms: 3_600_000 }, of("publish", "a"));
    rig.faults.arm(hold, of("publish", "b"));
    const held = rig.faults.arm(hold, of("publish", "c"));
    await one.client.send(Buffer.concat(["a", "b"].map((topic) => publishPacket(topic))));
    await two.broker.send(publishPacket("c"));
    await two.client.send(publishPacket("half").subarray(0, 3));
    await Promise.all([delayed.met, held.met]);
    await rig.close();
    console.log("closed");
  `;
  const child = spawn(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "--eval", source],
    { cwd: new URL("../../../", import.meta.url), stdio: ["ignore", "pipe", "inherit"] },
  );
  const [printed] = await once(child.stdout.setEncoding("utf8"), "data");
  expect(printed).toBe("closed\n");
  expect(await once(child, "exit")).toEqual([0, null]);
}, 20_000);
