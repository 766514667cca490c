import { spawn } from "node:child_process";
import { pbkdf2, pbkdf2Sync } from "node:crypto";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import timers from "node:timers";
import promises from "node:timers/promises";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { brotliCompress } from "node:zlib";
import type { MqttClient } from "mqtt";
import type { Packet } from "mqtt-packet";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  test,
  vi,
} from "vitest";
import { setConditions } from "../../workbook/checks/harness/conditions.ts";
import { within } from "../../workbook/checks/harness/deadline.ts";
import { type Desk, openDesk } from "../../workbook/checks/harness/desk.ts";
import {
  playBroker,
  type Script,
  type ScriptedLine,
} from "../../workbook/checks/harness/scripted-broker.ts";
import { ownTimeout, watchTimers } from "../../workbook/checks/harness/timers.ts";

/** How long after the beginning comes what is waited for, in milliseconds: silence is told much sooner. */
const SLOW = 400;
/** Far beyond that, even where the machine is busy with something else. */
const DEADLINE = 20_000;
const TIMEOUT = DEADLINE + 10_000;

/** Other people's servers, in a thread that the checks do not see: one answers late, one never. */
const others = `
const { parentPort, workerData: slow } = require("node:worker_threads");
const { createServer } = require("node:http");
const { createServer: createTcpServer } = require("node:net");
const http = createServer((_, response) => setTimeout(() => response.end("at last"), slow));
const silent = createTcpServer(() => {});
http.listen(0, "127.0.0.1", () => silent.listen(0, "127.0.0.1", () => parentPort.postMessage({
  http: http.address().port,
  silent: silent.address().port,
})));
`;

/** How much other files have left open in this process. */
let before: number;
let ports: { http: number; silent: number };
let thread: Worker;
let folder: string;
let desk: Desk;
let endTimers = () => {};
let seed = 0;

beforeAll(async () => {
  setConditions({ broker: inject("broker"), key: "", confined: false, mayLackMosquitto: true });
  folder = await mkdtemp(join(tmpdir(), "workbook-quiet-"));
  thread = new Worker(others, { eval: true, workerData: SLOW });
  [ports] = await once(thread, "message");
  thread.unref();
  before = open().length;
});

beforeEach(async () => {
  // Nothing of the test before may hide what this one is about.
  await vi.waitFor(() => expect(open().length).toBeLessThanOrEqual(before), DEADLINE);
  endTimers = watchTimers();
  desk = await openDesk(++seed, `quiet ${process.pid}`);
});

afterEach(async () => {
  await desk.close();
  endTimers();
});

/** What an idle process of vitest does not have open. */
function open(): string[] {
  return process.getActiveResourcesInfo().filter((name) => !/^(Pipe|PipeWrap|Timeout)$/.test(name));
}

afterAll(async () => {
  await thread.terminate();
  await rm(folder, { recursive: true, force: true });
});

/** Resolves when it has come; rejects with what the wait was ended for. */
function awaited(coming: Promise<unknown>): Promise<unknown> {
  return within(
    coming,
    (isQuiet) => new Error(isQuiet ? "nothing more can come" : "it did not come in time"),
    DEADLINE,
  );
}

const never = new Promise<never>(() => {});

describe("nothing more can come where an answer waits for ever", () => {
  const silences: [name: string, begin: () => Promise<unknown>][] = [
    ["alone", async () => {}],
    ["with an idle client", () => desk.client("idle")],
    [
      "with a client that has subscribed",
      async () => {
        const client = await desk.client("idle");
        await client.subscribeAsync(desk.id("nothing"));
      },
    ],
    [
      "with an idle client and an idle helper",
      async () => {
        await desk.client("idle");
        await desk.helper("eyes");
      },
    ],
    [
      "after its line was closed",
      async () => {
        const client = await desk.client("gone");
        client.stream.destroy();
      },
    ],
    [
      "with a message that it never confirms",
      async () => {
        const { client, topic } = await subscriber();
        client.handleMessage = () => {};
        const helper = await desk.helper("publisher");
        await helper.publishAsync(topic, "x", { qos: 1 });
      },
    ],
    ["with a timer that goes off too late", async () => void setTimeout(() => {}, 2 * DEADLINE)],
    ["with a timer that was taken back", async () => clearTimeout(setTimeout(() => {}, SLOW))],
    ["with an immediate that is through", async () => void setImmediate(() => {})],
    ["after a timer", () => promises.setTimeout(10)],
    [
      "after a request",
      async () => {
        await request();
      },
    ],
  ];
  test.each(silences)("%s", { timeout: TIMEOUT }, async (_, begin) => {
    await begin();
    await expect(awaited(never)).rejects.toThrow("nothing more can come");
  });
});

describe("something more can come from", () => {
  const sources: [name: string, begin: () => Promise<unknown>][] = [
    ["setTimeout", () => new Promise<void>((resolve) => void setTimeout(resolve, SLOW))],
    [
      "a timeout that holds nothing open",
      () => new Promise<void>((resolve) => void setTimeout(resolve, SLOW).unref()),
    ],
    [
      "a timeout that was set anew",
      () =>
        new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, SLOW / 2);
          ownTimeout(() => timer.refresh(), SLOW / 3);
        }),
    ],
    [
      "setInterval",
      () =>
        new Promise<void>((resolve) => {
          let times = 0;
          setInterval(() => ++times === 3 && resolve(), SLOW / 3);
        }),
    ],
    [
      "setTimeout of node:timers",
      () => new Promise<void>((resolve) => void timers.setTimeout(resolve, SLOW)),
    ],
    [
      "setInterval of node:timers",
      () => new Promise<void>((resolve) => void timers.setInterval(resolve, SLOW)),
    ],
    ["setTimeout of util.promisify", () => promisify(setTimeout)(SLOW)],
    ["setTimeout of node:timers/promises", () => promises.setTimeout(SLOW)],
    ["the same, holding nothing open", () => promises.setTimeout(SLOW, undefined, { ref: false })],
    [
      "setInterval of node:timers/promises",
      async () => {
        for await (const _ of promises.setInterval(SLOW)) return;
      },
    ],
    [
      "the same, holding nothing open",
      async () => {
        for await (const _ of promises.setInterval(SLOW, undefined, { ref: false })) return;
      },
    ],
    ["scheduler.wait", () => promises.scheduler.wait(SLOW)],
    ["AbortSignal.timeout", () => once(AbortSignal.timeout(SLOW), "abort")],
    [
      "a client's socket that times out",
      async () => {
        const client = await desk.client("patient");
        (client.stream as Socket).setTimeout(SLOW);
        await once(client.stream, "timeout");
      },
    ],
    [
      "another socket that times out",
      async () => {
        const socket = connect(ports.silent, "127.0.0.1").setTimeout(SLOW);
        await once(socket, "timeout");
        socket.destroy();
      },
    ],
    [
      "files",
      async () => {
        const end = performance.now() + SLOW;
        while (performance.now() < end)
          await writeFile(join(folder, "file"), Buffer.alloc(2 ** 22));
      },
    ],
    [
      "a child process",
      async () => {
        const words = ["-e", `setTimeout(() => {}, ${SLOW})`];
        await once(spawn(process.execPath, words, { stdio: "ignore" }), "close");
      },
    ],
    [
      "what a child process says",
      async () => {
        const words = ["-e", `setTimeout(() => console.log("x"), ${SLOW})`];
        const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "ignore"] });
        await once(child.stdout, "data");
      },
    ],
    [
      "looking up names",
      async () => {
        const end = performance.now() + SLOW;
        while (performance.now() < end) await lookup("localhost");
      },
    ],
    [
      "a thread",
      async () => {
        const program = `setTimeout(() => require("node:worker_threads").parentPort.postMessage(1), ${SLOW})`;
        await once(new Worker(program, { eval: true }), "message");
      },
    ],
    [
      "a slow server",
      async () => {
        await request();
      },
    ],
    ["hashing a password", () => hash(2 * SLOW)],
    ["packing", () => promisify(brotliCompress)(Buffer.from(noise(2 ** 19)))],
    [
      "a CONNACK that is late",
      async () => {
        const broker = await playBroker(desk, {
          connect: (_, line) =>
            ownTimeout(
              () => line.send({ cmd: "connack", reasonCode: 0, sessionPresent: false }),
              SLOW,
            ),
        });
        return () => broker.client("early");
      },
    ],
    ["a PUBACK that is late", publishOnSlowBroker(1)],
    ["a PUBREC and a PUBCOMP that are late", publishOnSlowBroker(2)],
    [
      "a SUBACK that is late",
      async () => {
        const broker = await playBroker(desk, slowly());
        const client = await broker.client("curious");
        return () => client.subscribeAsync("a");
      },
    ],
    ["a will that is delayed", willAfter({ willDelayInterval: 1, sessionExpiryInterval: 60 })],
    [
      "a will that waits for the end of its session",
      willAfter({ willDelayInterval: 60, sessionExpiryInterval: 1 }),
    ],
    [
      "a client that connects again",
      async () => {
        const client = await desk.client("tough", { reconnectPeriod: SLOW });
        client.stream.destroy();
        return () => heard(client, "connect");
      },
    ],
    [
      "a broker that a client looks after",
      async () => {
        const client = await desk.client("careful", { keepalive: 1 });
        return () => heard(client, "packetsend");
      },
    ],
    [
      "clients that talk to each other all the time",
      async () => {
        const one = await subscriber();
        let times = 0;
        const enough = new Promise<void>((resolve) => {
          one.client.on("message", () => {
            if (++times === 1500) resolve();
            else one.client.publish(one.topic, "again", { qos: 1 });
          });
        });
        one.client.publish(one.topic, "first", { qos: 1 });
        return () => enough;
      },
    ],
  ];
  test.each(sources)("%s", { timeout: TIMEOUT }, async (_, begin) => {
    const begun = performance.now();
    const coming = begin().then((then) => (typeof then === "function" ? then() : then));
    await awaited(coming);
    expect(performance.now() - begun).toBeGreaterThan(SLOW / 2);
  });
});

/** The will of a client whose line breaks, when the broker's own clock says so, in seconds. */
function willAfter({
  willDelayInterval,
  sessionExpiryInterval,
}: Record<"willDelayInterval" | "sessionExpiryInterval", number>): () => Promise<
  () => Promise<unknown>
> {
  return async () => {
    const { client, topic } = await subscriber();
    const will = { topic, payload: Buffer.from("x"), qos: 1, retain: false } as const;
    const mourned = await desk.client("mourned", {
      will: { ...will, properties: { willDelayInterval } },
      properties: { sessionExpiryInterval },
    });
    const message = heard(client, "message");
    mourned.stream.destroy();
    return () => message;
  };
}

/** A broker that takes its time with everything but pings, which it answers at once. */
function slowly(): Script {
  const late = (line: ScriptedLine, ...packets: Packet[]) =>
    ownTimeout(() => line.send(...packets), SLOW);
  return {
    publish: ({ qos, messageId = 0 }, line) =>
      late(line, { cmd: qos === 1 ? "puback" : "pubrec", messageId }),
    pubrel: ({ messageId = 0 }, line) => late(line, { cmd: "pubcomp", messageId }),
    subscribe: ({ messageId = 0 }, line) => late(line, { cmd: "suback", messageId, granted: [0] }),
  };
}

function publishOnSlowBroker(qos: 1 | 2): () => Promise<() => Promise<unknown>> {
  return async () => {
    const broker = await playBroker(desk, slowly());
    const client = await broker.client("sure");
    return () => client.publishAsync("a", "", { qos });
  };
}

function heard(client: MqttClient, event: "message" | "connect" | "packetsend"): Promise<unknown> {
  return new Promise((resolve) => client.once(event, resolve));
}

/** Keeps no connection for the next one. */
async function request(): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${ports.http}`, {
    headers: { connection: "close" },
  });
  await response.text();
}

/** A client on the tap that hears of a topic of its own. */
async function subscriber(): Promise<{ client: MqttClient; topic: string }> {
  const client = await desk.client("reader");
  const topic = desk.id("news");
  await client.subscribeAsync(topic, { qos: 1 });
  return { client, topic };
}

/** Hash for about so long. */
async function hash(ms: number): Promise<void> {
  const begun = performance.now();
  pbkdf2Sync("x", "y", 50_000, 64, "sha512");
  const rounds = Math.ceil((50_000 * ms) / (performance.now() - begun));
  await promisify(pbkdf2)("x", "y", rounds, 64, "sha512");
}

function noise(length: number): string {
  let text = "";
  while (text.length < length) text += Math.random().toString(36);
  return text;
}
