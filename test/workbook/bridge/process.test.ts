import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { connectSimulatedDevice } from "../../../workbook/bridge/device.ts";
import { startProcess } from "../../../workbook/bridge/process.ts";
import { openStore } from "../../../workbook/bridge/sqlite-store.ts";
import { isRunning } from "../../../workbook/broker/lifetime.ts";
import { root } from "../../../workbook/modules.ts";

const answers = join(root, "solutions/08-http-bridge.ts");

describe("the processes of the bridge", { timeout: 60_000 }, () => {
  let folder = "";
  const optionsFor = (role: "service" | "worker" | "all-in-one", name: string) => ({
    role,
    answers,
    database: join(folder, "bridge.db"),
    brokerUrl: inject("broker").url,
    name,
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "workbook-process-"));
    process.env.WORKBOOK_PREFIX = `${Math.random().toString(36).slice(2)}/`;
  });
  afterEach(() => {
    delete process.env.WORKBOOK_PREFIX;
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });

  test("do what the lesson says of four that are all in one: four copies", async () => {
    const four = ["1", "2", "3", "4"].map((name) => startProcess(optionsFor("all-in-one", name)));
    await Promise.all(four.map(({ ready }) => ready));
    const store = await openStore(join(folder, "bridge.db"));
    const sensor = await connectSimulatedDevice(inject("broker").url, "sensor");
    await sensor.report({ kind: "temperature", room: "greenhouse", value: 21, unit: "°C" });
    const rows = () => store.readingsBehind(0, "sensor", 99);
    await expect.poll(async () => (await rows()).length, { timeout: 10_000 }).toBe(4);
    await Promise.all(four.map((one) => one.stop()));
    await sensor.leave();
    await store.close();
  });

  test("tell the error that ended them", async () => {
    const missing = startProcess({ ...optionsFor("worker", "1"), answers: join(folder, "no.ts") });
    await expect(missing.ready).rejects.toThrow(/Cannot find module/);
    await missing.gone;
    const stub = join(root, "exercises/08-http-bridge.ts");
    const todo = startProcess({ ...optionsFor("worker", "1"), answers: stub });
    await expect(todo.ready).rejects.toMatchObject({ name: "Todo", functionName: "BridgeWorker" });
    await todo.gone;
  });

  test("end with the process that has started them, also when that is killed", async () => {
    const loops = join(folder, "loops.ts");
    writeFileSync(loops, "export class BridgeWorker { async start() { for (;;); } }");
    const children = [
      optionsFor("service", "1"),
      optionsFor("worker", "2"),
      { ...optionsFor("worker", "3"), answers: loops },
    ];
    const processFile = new URL("../../../workbook/bridge/process.ts", import.meta.url).href;
    const program = `
      import { startProcess } from ${JSON.stringify(processFile)};
      const children = ${JSON.stringify(children)}.map(startProcess);
      await Promise.all(children.slice(0, 2).map(({ ready }) => ready));
      console.log(JSON.stringify(children.map(({ pid }) => pid)));
      setInterval(() => {}, 1000);`;
    const flags = ["--import", "tsx", "--input-type=module", "--eval", program];
    const parent = spawn(process.execPath, flags, {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(createInterface(parent.stdout), "line");
    const pids: number[] = JSON.parse(line);
    expect(pids.map(isRunning)).toEqual([true, true, true]);
    parent.kill("SIGKILL");
    await expect.poll(() => pids.filter(isRunning), { timeout: 10_000 }).toEqual([]);
  });
});
