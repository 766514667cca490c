import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { connectAsync } from "mqtt";
import { expect, inject, onTestFinished, test } from "vitest";
import { probeBroker } from "../../../workbook/broker/probe.ts";
import { adviseOnTap } from "../../../workbook/troubles/from-tap.ts";
import type { TroubleName } from "../../../workbook/troubles/table.ts";
import { openTap } from "../../../workbook/wire/tap.ts";
import { expectTold, lastWords } from "../fixtures/last-words.ts";

const PATIENCE = 30_000;

/** The address of something that listens and does this to whoever connects. */
async function stranger(greet: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    greet(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return `mqtt://127.0.0.1:${address.port}`;
}

/** An address where connections are not even accepted: its queue is full, and its program asleep. */
async function full(): Promise<string> {
  const child = spawn(process.execPath, ["-e", sleeper], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  const port = Number(line);
  const queue = Array.from({ length: 8 }, () => connect(port, "127.0.0.1"));
  for (const socket of queue) socket.on("error", () => {});
  onTestFinished(() => {
    for (const socket of queue) socket.destroy();
    child.kill("SIGKILL");
  });
  await Promise.all(queue.slice(0, 2).map((socket) => once(socket, "connect")));
  return `mqtt://127.0.0.1:${port}`;
}

const sleeper = `
const server = require("node:net").createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  require("node:fs").writeSync(1, server.address().port + "\\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
`;

const nobody = "mqtt://127.0.0.1:1";
const unknown = "mqtt://no-such-machine.invalid";
const http = () => stranger((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 \r\n")));
const reset = () => stranger((socket) => socket.once("data", () => socket.resetAndDestroy()));
const silent = () => stranger(() => {});
const closing = () => stranger((socket) => socket.once("data", () => socket.end()));

test.for<[string, TroubleName, () => string | Promise<string>]>([
  ["where nothing listens", "connectionRefused", () => nobody],
  ["on a machine that nobody knows", "hostUnknown", () => unknown],
  ["that resets the connection", "connectionLost", reset],
  ["that never answers", "noConnack", silent],
  ["that answers in HTTP", "notMqtt", http],
])("a script connects to an address %s", { timeout: PATIENCE }, async ([, name, address]) => {
  const url = await address();
  // Only for the one that never answers; the others must not be overtaken by it.
  const connectTimeout = name === "noConnack" ? 300 : PATIENCE;
  const words = await lastWords(inject("broker").url, async () => {
    await connectAsync(url, { connectTimeout, reconnectPeriod: 0 });
  });
  expectTold(words, name);
});

test.for<[string, TroubleName, string, () => string | Promise<string>]>([
  ["where nothing listens", "connectionRefused", "nothing", () => nobody],
  ["on a machine that nobody knows", "hostUnknown", "nothing", () => unknown],
  ["that lets nobody through", "unreachable", "nothing", full],
  ["that closes the line", "closedOnConnect", "stranger", closing],
  ["that resets the connection", "closedOnConnect", "stranger", reset],
  ["that never answers", "noConnack", "stranger", silent],
  ["that answers in HTTP", "notMqtt", "stranger", http],
])(
  "the workbook's own probe of an address %s",
  { timeout: PATIENCE },
  async ([, name, answer, address]) => {
    const found = await probeBroker(new URL(await address()));
    if (found.answer === "broker") throw new Error("a broker, of all things");
    expect(found.answer).toBe(answer);
    expectTold(`${found.why}\n${found.trouble.next}`, name);
  },
);

test("a line that ends before the CONNACK, seen on the wire", { timeout: PATIENCE }, async () => {
  const words = await lastWords(await closing(), async ({ client, tap }) => {
    client("hopeful").catch(() => {});
    await tap.transcript.seen((entry) => entry.kind === "closed");
  });
  expectTold(words, "closedOnConnect");
  expect(words).toContain("hopeful -> broker  CONNECT");
});

test("a port that is taken", { timeout: PATIENCE }, async () => {
  const { port } = new URL(await silent());
  const problem = await openTap(nobody, Number(port))
    .catch(adviseOnTap)
    .catch((error: unknown) => error);
  expectTold(`${(problem as Error).message}\n${(problem as { next: string }).next}`, "portTaken");
  const words = await lastWords(inject("broker").url, async () => {
    const second = createServer().listen(Number(port), "127.0.0.1");
    const [error] = await once(second, "error").catch((thrown) => [thrown]);
    throw error;
  });
  expectTold(words, "portTaken");
});
