import { once } from "node:events";
import { IncomingMessage, request, ServerResponse } from "node:http";
import { connect, Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { streamEvents } from "../../../workbook/fleet/event-stream.ts";
import { refusal } from "../../../workbook/fleet/guard.ts";
import { type FleetServer, serveFleet } from "../../../workbook/fleet/server.ts";
import type { FleetEvent } from "../../../workbook/fleet/shapes.ts";
import { allOnline, openFleet } from "./rig.ts";

vi.setConfig({ testTimeout: 30_000 });

async function open(): Promise<FleetServer> {
  const fleet = await openFleet(2);
  await allOnline(fleet);
  const server = await serveFleet(fleet, 0);
  onTestFinished(() => server.close());
  return server;
}

/** A request with any headers at all, which `fetch` does not allow. */
async function ask(
  server: FleetServer,
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number | undefined; text: string }> {
  const { port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, text }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("the page allows nothing from elsewhere, and nothing inline", async () => {
  const server = await open();
  const response = await fetch(server.url);
  expect(response.status).toBe(200);
  const policy = response.headers.get("content-security-policy");
  expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
  expect(policy).not.toMatch(/unsafe|data:|\*/);
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
});

test("every file that the page names is there, and nothing beside it", async () => {
  const server = await open();
  const page = await (await fetch(server.url)).text();
  const named = [...page.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(([, path = ""]) => path);
  expect(named).toHaveLength(3);
  for (const path of named) {
    const text = await (await fetch(server.url + path)).text();
    const imports = [...text.matchAll(/from "\.(\/[^"]+)"/g)].map(([, file = ""]) => file);
    for (const file of ["", ...imports]) {
      expect((await fetch(server.url + (file || path))).status).toBe(200);
    }
  }
  for (const path of [
    "/tsconfig.json",
    "/../server.ts",
    "/%2e%2e/server.ts",
    "/constructor",
    "//",
  ]) {
    expect((await ask(server, path, { headers: { Host: new URL(server.url).host } })).status).toBe(
      404,
    );
  }
});

test.each([
  [{ Host: "evil.example" }, "GET"],
  [{ Host: "evil.example:80" }, "POST"],
  [{ Host: "127.0.0.1" }, "GET"],
])("a request for another name is refused: %j", async (headers, method) => {
  const server = await open();
  for (const path of ["/", "/events", "/packets/1", "/devices/kitchen/cut"]) {
    const { status, text } = await ask(server, path, { method, headers });
    expect(status).toBe(403);
    expect(text).toMatch(/answers to no other name/);
  }
});

test.each(["http://evil.example", "null", "http://127.0.0.1:1"])(
  "nothing is done for a page from %s",
  async (origin) => {
    const server = await open();
    const headers = { Host: new URL(server.url).host, Origin: origin };
    const refused = await ask(server, "/devices/kitchen/message", { method: "POST", headers });
    expect(refused.status).toBe(403);
    const own = { ...headers, Origin: server.url };
    const done = await ask(server, "/devices/kitchen/message", { method: "POST", headers: own });
    expect(done.status).toBe(200);
  },
);

test("a browser names no port where it is 80", () => {
  const by = (host: string) => refusal({ method: "GET", headers: { host } }, 80);
  expect(by("127.0.0.1")).toBeUndefined();
  expect(by("evil.example")).toMatch("answers to no other name");
});

test("it answers to localhost, too", async () => {
  const server = await open();
  const { port } = new URL(server.url);
  expect((await ask(server, "/", { headers: { Host: `localhost:${port}` } })).status).toBe(200);
});

test("what is not there, and what cannot be done, is said", async () => {
  const server = await open();
  const post = (path: string) => fetch(server.url + path, { method: "POST" });
  expect((await post("/devices/nobody/cut")).status).toBe(404);
  expect((await post("/devices/kitchen/explode")).status).toBe(404);
  expect((await fetch(`${server.url}/devices/kitchen/cut`)).status).toBe(404);
  expect((await fetch(`${server.url}/packets/999999`)).status).toBe(404);
  const twice = await post("/devices/kitchen/start");
  expect(twice.status).toBe(409);
  expect(await twice.json()).toEqual({ done: false, words: "It is switched on already." });
});

test("a port that is taken is said in a line", async () => {
  const server = await open();
  const fleet = await openFleet(1);
  const { port } = new URL(server.url);
  await expect(serveFleet(fleet, Number(port))).rejects.toThrow(
    /^the page cannot have port \d+ of 127\.0\.0\.1: /,
  );
});

test("the stream begins with all that is known, and goes on with what happens", async () => {
  const server = await open();
  const response = await fetch(`${server.url}/events`);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  let text = "";
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  while (!/event: snapshot\n.*event: entry\n/s.test(text)) {
    const { value, done } = (await reader?.read()) ?? { done: true };
    if (done) throw new Error(`the stream ended: ${text}`);
    text += value;
  }
  const [, snapshot = ""] = /^event: snapshot\ndata: (.*)\n/.exec(text) ?? [];
  expect(JSON.parse(snapshot)).toMatchObject({
    seed: 1,
    devices: [{ id: "kitchen" }, { id: "hall" }],
  });
  await reader?.cancel();
});

test("a page that does not read is let go, and what it has not read with it", () => {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  const listeners = new Set<(event: FleetEvent) => void>();
  const fleet = {
    snapshot: {
      broker: "b",
      seed: 1,
      tapUrl: "u",
      monitor: "m",
      linked: true,
      devices: [],
      entries: [],
    },
    onEvent: (listener: (event: FleetEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  streamEvents(fleet, response);
  const words = "w".repeat(1000);
  const entry = { number: 1, at: 0, client: "c", type: null, direction: null, words, size: 0 };
  let told = 0;
  for (; told < 5000 && !response.destroyed; told++) {
    for (const listener of listeners) listener({ event: "entry", entry });
  }
  expect(told).toBeGreaterThan(500);
  expect(told).toBeLessThan(1500);
});

test("the server ends while a page listens", async () => {
  const server = await open();
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.write(`GET /events HTTP/1.1\r\nHost: ${new URL(server.url).host}\r\n\r\n`);
  await once(socket, "data");
  await server.close();
  await once(socket.resume(), "close");
});
