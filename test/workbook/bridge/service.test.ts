import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type HttpHandlers,
  type HttpService,
  openHttpService,
} from "../../../workbook/bridge/http-service.ts";
import { openStore } from "../../../workbook/bridge/sqlite-store.ts";
import type { Store } from "../../../workbook/bridge/store.ts";

/** What is no part of these tests, as simple as it can be. */
const handlers: HttpHandlers = {
  acceptCommand: async (store, request) => {
    if (request.key === "broken") throw new Error("a mistake");
    const command = await store.addCommand({ id: request.key, ...request });
    return { status: 202, location: `/commands/${command.id}`, command };
  },
  readingsPage: async (_store, _deviceId, since) => ({ readings: [], next: since }),
  streamEvents: async (_store, lastEventId, write, signal) => {
    await write(`data: ${lastEventId}\n\n`);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  },
};

describe("the HTTP service of the bridge", () => {
  let folder = "";
  let store: Store;
  let service: HttpService;
  const failures: string[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "workbook-service-"));
    store = await openStore(join(folder, "bridge.db"), { patienceMs: 50 });
    service = await openHttpService(store, handlers, (error) => failures.push(error.message));
  });
  afterEach(async () => {
    await service.close();
    await store.close();
    expect(failures).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  const post = (body: unknown, headers: Record<string, string> = { "idempotency-key": "key" }) =>
    fetch(`${service.url}/devices/window/commands`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });

  test("listens on loopback alone", () => {
    expect(new URL(service.url).hostname).toBe("127.0.0.1");
  });

  test("describes itself, from the schemas of its routes", async () => {
    const response = await fetch(`${service.url}/openapi.json`);
    const { openapi, paths } = (await response.json()) as {
      openapi: string;
      paths: Record<string, Record<string, { summary?: string; responses?: object }>>;
    };
    expect(openapi).toBe("3.1.0");
    expect(Object.keys(paths).sort()).toEqual([
      "/commands/{id}",
      "/devices",
      "/devices/{deviceId}/commands",
      "/devices/{deviceId}/readings",
      "/events",
    ]);
    const { post: command } = paths["/devices/{deviceId}/commands"] ?? {};
    expect(Object.keys(command?.responses ?? {})).toEqual(["202", "400", "422", "503"]);
    for (const path of Object.values(paths)) {
      for (const { summary } of Object.values(path)) expect(summary).toBeTruthy();
    }
  });

  test.each([
    ["no text", {}, undefined],
    ["an empty text", { text: "" }, undefined],
    ["a text that is too long", { text: "x".repeat(1001) }, undefined],
    ["no key", { text: "open" }, {}],
  ])("refuses a command with %s", async (_what, body, headers) => {
    const response = await post(body, headers);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { problem: string }).problem).toMatch(/^.+$/);
    expect(await store.lastEventId()).toBe(0);
  });

  test("tells where a command can be looked at, and 404 for any other", async () => {
    const response = await post({ text: "open" });
    const found = await fetch(`${service.url}${response.headers.get("location")}`);
    expect(await found.json()).toMatchObject({ text: "open", state: "stored" });
    expect((await fetch(`${service.url}/commands/other`)).status).toBe(404);
  });

  test("asks to come again while the database is locked, and still reads", async () => {
    const other = new Database(join(folder, "bridge.db"));
    other.exec("BEGIN IMMEDIATE");
    const response = await post({ text: "open" });
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await fetch(`${service.url}/devices`)).status).toBe(200);
    other.exec("ROLLBACK");
    other.close();
    expect((await post({ text: "open" })).status).toBe(202);
  });

  test("tells what a handler throws and should not", async () => {
    expect((await post({ text: "fail" }, { "idempotency-key": "broken" })).status).toBe(500);
    expect(failures.splice(0)).toEqual(["a mistake"]);
  });

  test("ends its streams when it closes", async () => {
    const response = await fetch(`${service.url}/events`, { headers: { "last-event-id": "7" } });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const text = response.text();
    await service.close();
    // Cut, or ended: the reader knows, and comes again.
    expect(await text.catch(() => ": hello\n\ndata: 7\n\n")).toBe(": hello\n\ndata: 7\n\n");
  });
});
