import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../../../workbook/bridge/sqlite-store.ts";
import { type Store, StoreBusy } from "../../../workbook/bridge/store.ts";

const reading = { kind: "temperature", room: "greenhouse", value: 21, unit: "°C" };
const commandOf = (id: string) => ({ id, key: `key ${id}`, deviceId: "window", text: "open" });

describe("the store of the bridge", () => {
  let folder = "";
  let file = "";
  const stores: Store[] = [];
  const open = async (options: Parameters<typeof openStore>[1] = {}) => {
    const store = await openStore(file, options);
    stores.push(store);
    return store;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "workbook-store-"));
    file = join(folder, "bridge.db");
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    rmSync(folder, { recursive: true });
  });

  test("keeps what it has resolved for when it is opened again", async () => {
    const first = await open();
    await first.addCommand(commandOf("1"));
    await first.addReading({ messageId: "m", deviceId: "window", reading });
    await first.setPresence("window", "online");
    await first.close();
    const second = await open();
    expect(await second.command("1")).toEqual({ ...commandOf("1"), state: "stored" });
    expect(await second.readingsBehind(0, "window", 9)).toEqual([
      { place: 1, deviceId: "window", messageId: "m", reading },
    ]);
    expect(await second.devices()).toEqual([{ id: "window", presence: "online" }]);
  });

  test("gives a claim to one worker, until it is given back or a minute is over", async () => {
    let now = 1_000_000;
    const one = await open({ now: () => now });
    const two = await open({ now: () => now });
    for (const id of ["1", "2", "3"]) await one.addCommand(commandOf(id));
    const idsOf = async (store: Store, worker: string, limit = 9) =>
      (await store.claimCommands(worker, limit)).map(({ id }) => id);
    expect(await idsOf(one, "one", 2)).toEqual(["1", "2"]);
    expect(await idsOf(two, "two")).toEqual(["3"]);
    expect(await idsOf(one, "one")).toEqual([]);
    await one.releaseClaims("one");
    expect(await idsOf(two, "two")).toEqual(["1", "2"]);
    await two.commandAcknowledged("2");
    now += 60_000;
    expect(await idsOf(one, "one")).toEqual(["1", "3"]);
  });

  test("gives no command to two connections that claim at once", async () => {
    const connections = await Promise.all([open(), open(), open()]);
    const [first] = connections;
    for (let id = 0; id < 60; id++) await first.addCommand(commandOf(`${id}`));
    const claims = await Promise.all(
      Array.from({ length: 30 }, (_, turn) =>
        connections[turn % 3]?.claimCommands(`worker ${turn % 3}`, 3),
      ),
    );
    const ids = claims.flatMap((claimed) => claimed?.map(({ id }) => id) ?? []);
    expect(ids).toHaveLength(60);
    expect(new Set(ids).size).toBe(60);
  });

  test("goes forward only: a reply may come before the acknowledgement", async () => {
    const store = await open();
    await store.addCommand(commandOf("1"));
    await store.commandReplied("1", "door", "not asked");
    expect((await store.command("1"))?.state).toBe("stored");
    await store.commandReplied("1", "window", "first");
    await store.commandReplied("1", "window", "second");
    await store.commandAcknowledged("1");
    await store.commandRefused("1", "too late");
    expect(await store.command("1")).toMatchObject({ state: "replied", reply: "first" });
  });

  test("writes an event for each change, and none for what is known", async () => {
    const store = await open();
    await store.addCommand(commandOf("1"));
    await store.addCommand({ ...commandOf("2"), key: "key 1" });
    for (let times = 0; times < 2; times++) {
      await store.commandAcknowledged("1");
      await store.addReading({ messageId: "m", deviceId: "window", reading });
      await store.setPresence("window", "online");
    }
    await store.setPresence("window", undefined);
    const events = await store.eventsBehind(0, 99);
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ["command", { id: "1", deviceId: "window", state: "stored" }],
      ["command", { id: "1", deviceId: "window", state: "acknowledged" }],
      ["reading", { deviceId: "window", reading }],
      ["presence", { deviceId: "window", presence: "online" }],
      ["presence", { deviceId: "window", presence: null }],
    ]);
    expect(await store.eventsBehind(events[3]?.id ?? 0, 99)).toEqual(events.slice(4));
    expect(await store.lastEventId()).toBe(events[4]?.id);
  });

  test("waits while the database is locked, and keeps the order", async () => {
    const store = await open();
    const other = new Database(file);
    other.exec("BEGIN IMMEDIATE");
    const order: string[] = [];
    const writes = ["online", "offline"].map((presence) =>
      store.setPresence("window", presence as "online").then(() => order.push(presence)),
    );
    // It does not keep the thread meanwhile, and reads go on.
    expect(await store.devices()).toEqual([]);
    expect(order).toEqual([]);
    other.exec("ROLLBACK");
    other.close();
    await Promise.all(writes);
    expect(order).toEqual(["online", "offline"]);
    expect(await store.devices()).toEqual([{ id: "window", presence: "offline" }]);
  });

  test("says that it is busy when its patience is at its end, and has changed nothing", async () => {
    const store = await open({ patienceMs: 30 });
    const other = new Database(file);
    other.exec("BEGIN IMMEDIATE");
    await expect(store.setPresence("window", "online")).rejects.toThrow(StoreBusy);
    other.exec("ROLLBACK");
    other.close();
    await store.setPresence("door", "online");
    expect(await store.devices()).toEqual([{ id: "door", presence: "online" }]);
  });

  test("tells its watchers what another connection has changed", async () => {
    const [store, other] = [await open(), await open()];
    const told = new Promise<void>((resolve) => store.watch(resolve));
    await other.setPresence("window", "online");
    await told;
    let calls = 0;
    const unwatch = store.watch(() => calls++);
    unwatch();
    await store.setPresence("window", "offline");
    expect(calls).toBe(0);
  });

  test("says in one line that it is closed, or that its file is no database", async () => {
    const store = await open();
    await store.close();
    await expect(store.devices()).rejects.toThrow(/^the store is closed$/);
    await expect(store.setPresence("window", "online")).rejects.toThrow(/^the store is closed$/);
    writeFileSync(join(folder, "other.db"), "this is no database, and long enough to be looked at");
    await expect(openStore(join(folder, "other.db"))).rejects.toThrow(/^file is not a database$/);
  });
});
