import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findMosquitto } from "../../workbook/broker/native.ts";
import { expectTold } from "../workbook/fixtures/last-words.ts";
import { ProjectCopy } from "../workbook/fixtures/project-copy.ts";

const PATIENCE = 120_000;
let project: ProjectCopy;
let scripts = 0;

beforeAll(async () => {
  project = await ProjectCopy.make();
});
afterAll(() => project.remove());

/** A script whose `main` does this, as a learner starts it. `a` is a client that is connected. */
async function script(body: string): Promise<string> {
  const file = `exercises/trouble-${++scripts}.ts`;
  const text = `import { connectAsync } from "mqtt";
import { type Demo, runScript } from "../workbook/script.ts";
export async function main({ brokerUrl, folder }: Demo): Promise<void> {
  const a = await connectAsync(brokerUrl, { clientId: "a", protocolVersion: 5 });
  ${body}
}
await runScript(import.meta.url, main);
`;
  await writeFile(join(project.folder, file), text);
  return file;
}

const kinds = findMosquitto() ? ["embedded", "native"] : ["embedded"];

/** Run the script until it prints "now", then send the signal. */
async function interrupt(file: string, signal: NodeJS.Signals) {
  const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", file], {
    cwd: project.folder,
    env: { ...process.env, NO_COLOR: "1", WORKBOOK_BROKER: "embedded" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      output += chunk;
      if (/^now$/m.test(output)) child.kill(signal);
    });
  }
  const [code] = await once(child, "close");
  return { output, code };
}

describe.concurrent.for(kinds)("a script on the %s broker", { timeout: PATIENCE }, (kind) => {
  const env = { WORKBOOK_BROKER: kind };

  test("waits for what can never happen", async () => {
    const ended = await project.run(
      await script("await a.endAsync(); await new Promise(() => {});"),
      [],
      env,
    );
    expect(ended.output).toContain(
      "Unfinished: main waits, and no connection and no timer is left to wake it",
    );
    expect(ended.output).toMatch(/Wire: +a -> broker {2}CONNECT v5 a clean/);
    expectTold(ended.output, "unfinishedPromise");
    expect(ended.code).toBe(1);
  });

  test("ends its own process", async () => {
    const ended = await project.run(await script("process.exit(0);"), [], env);
    expect(ended.output).toMatch(/Ended: +process\.exit\(0\) was called, and main was not done/);
    expect(ended.output).toMatch(/Look at: exercises\/trouble-\d+\.ts:5/);
    expectTold(ended.output, "processExit");
    expect(ended.code).toBe(1);
  });

  test("throws in a callback", async () => {
    const file = await script(`a.on("message", (_topic, payload) => JSON.parse(payload.toString()));
  await a.subscribeAsync("lamp");
  await a.publishAsync("lamp", "on");
  await new Promise(() => {});`);
    const ended = await project.run(file, [], env);
    expect(ended.output).toMatch(/Error: +SyntaxError: /);
    expect(ended.output).toMatch(/Look at: exercises\/trouble-\d+\.ts:5/);
    expect(ended.output).toMatch(/Wire: +a <- broker {2}PUBLISH q0 lamp, \d+ B/);
    expectTold(ended.output, "payloadNotJson");
    expect(ended.code).toBe(1);
  });

  test("throws an error that nobody has a word for", async () => {
    const ended = await project.run(await script('throw new Error("oops");'), [], env);
    expect(ended.output.trim().split("\n").slice(-2)).toEqual([
      "Error:   Error: oops",
      expect.stringMatching(/^Look at: exercises\/trouble-\d+\.ts:5$/),
    ]);
    expect(ended.code).toBe(1);
  });

  test("leaves a rejection to nobody", async () => {
    const file = await script('connectAsync("mqtt://127.0.0.1:1"); await new Promise(() => {});');
    const ended = await project.run(file, [], env);
    expectTold(ended.output, "connectionRefused");
    expect(ended.code).toBe(1);
  });
});

describe.concurrent("a script that is interrupted", { timeout: PATIENCE }, () => {
  test.for([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s says what it waited for", async ([signal, code]) => {
    const file = await script(`await a.publishAsync("lamp", "on", { qos: 1 });
  await a.subscribeAsync("+");
  console.log("folder", folder());
  console.log("now");
  await new Promise(() => {});`);
    const ended = await interrupt(file, signal);
    const [, folder = ""] = ended.output.match(/^folder (.+)$/m) ?? [];
    expect(folder).not.toBe("");
    expect(existsSync(folder)).toBe(false);
    expect(ended.output).toContain("Stopped: main was not done");
    expect(ended.output).toMatch(/a -> broker {2}SUBSCRIBE #\d+ \+ q0/);
    expectTold(ended.output, "subscribeAfterPublish");
    expect(ended.output.match(/Stopped|Ended|Unfinished/g)).toHaveLength(1);
    expect(ended.code).toBe(code);
  });
});

test("a script in which nothing happens says that it waits", { timeout: PATIENCE }, async () => {
  const file = await script(`setTimeout(() => console.log("now"), 11_000);
  await new Promise(() => {});`);
  const { output, code } = await interrupt(file, "SIGINT");
  expect(output).toContain("Nothing has crossed the wire for 10 s, and main is not done.");
  expectTold(output, "unfinishedPromise");
  expect(code).toBe(130);
});
