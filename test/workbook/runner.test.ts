import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Broker } from "../../workbook/broker/broker.ts";
import { startEmbedded } from "../../workbook/broker/embedded.ts";
import type { CheckResult } from "../../workbook/checks/contract.ts";
import { Runner, type RunOptions } from "../../workbook/checks/runner.ts";
import { root } from "../../workbook/modules.ts";

const module = "01-basic-pubsub";
let folder: string;
let broker: Broker;
let runner: Runner;

beforeAll(async () => {
  mkdirSync(join(root, ".workbook"), { recursive: true });
  folder = mkdtempSync(join(root, ".workbook/answers-"));
  broker = await startEmbedded();
  runner = new Runner(broker, { lanes: 2 });
});
afterAll(async () => {
  await runner.close();
  await broker.stop();
  rmSync(folder, { recursive: true });
});

/** Module 1 with all its answers right, but for these functions. */
function answersWith(name: string, ...functions: string[]): string {
  const file = join(folder, `${name}.ts`);
  const lines = ['export * from "../../solutions/01-basic-pubsub.ts";', ...functions];
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

const run = (answers: string, options?: RunOptions) => runner.run([{ module, answers }], options);
const names = (results: readonly CheckResult[]) => [
  ...new Set(results.map(({ functionName }) => functionName)),
];

describe("a run", { timeout: 60_000 }, () => {
  test("begins with the function that was asked for, and tells it first", async () => {
    const told: string[] = [];
    const results = await run("solutions", {
      first: "topicMatches",
      onFunction: (all) => told.push(all[0]?.functionName ?? ""),
    });
    expect(told[0]).toBe("topicMatches");
    expect(told.sort()).toEqual(names(results).sort());
    // However they came, they are told in the order of the checks.
    expect(names(results)[0]).toBe("createClient");
    for (const result of results) expect(result).toMatchObject({ outcome: "passed" });
  });

  test("leaves out what is behind a function's first problem, where one is enough", async () => {
    const file = answersWith(
      "no-match",
      "export function topicMatches() { return undefined; }",
      "export async function createClient() { throw new Error('no'); }",
    );
    const told: CheckResult[][] = [];
    const short = await run(file, {
      firstProblemOnly: true,
      onFunction: (all) => told.push([...all]),
    });
    const whole = await run(file);
    for (const functionName of ["topicMatches", "createClient"]) {
      const of = (results: readonly CheckResult[]) =>
        results.filter((result) => result.functionName === functionName);
      const problem = of(short).find(({ outcome }) => outcome === "wrong");
      expect(problem?.title).toBe(of(whole).find(({ outcome }) => outcome === "wrong")?.title);
      // As many as work at a time may have begun.
      expect(of(short).length).toBeLessThan(of(whole).length);
      expect(told.filter(([first]) => first?.functionName === functionName)).toHaveLength(1);
    }
  });

  test("gives the process that an answer ended to its function alone", async () => {
    const file = answersWith(
      "kills",
      "export async function publishSensorData() { process.kill(process.pid, 'SIGKILL'); }",
    );
    for (const { functionName, outcome, explanation } of await run(file)) {
      if (functionName === "publishSensorData") {
        expect(explanation?.headline).toBe("the process ended while this check ran");
      } else expect(outcome).toBe("passed");
    }
  });

  test("that is given up tells nothing more, and leaves no process", async () => {
    const stuck = answersWith(
      "stuck",
      "export function topicMatches() { const end = Date.now() + 20_000; while (Date.now() < end); return false; }",
    );
    const giveUp = new AbortController();
    const told: CheckResult[] = [];
    const running = run(stuck, {
      first: "topicMatches",
      signal: giveUp.signal,
      onResult: (result) => told.push(result),
    });
    setTimeout(() => giveUp.abort(), 300);
    await running;
    const { length } = told;
    // Another one has all the lanes for itself.
    for (const result of await run("solutions"))
      expect(result).toMatchObject({ outcome: "passed" });
    expect(told.length).toBe(length);
  });

  test("makes up the same names and the same order from the same seed", async () => {
    const file = answersWith(
      "old",
      'import { connectAsync } from "mqtt";',
      "export const createClient = (url, clientId) => connectAsync(url, { clientId });",
    );
    const wires = async (seed: number) =>
      (await run(file, { seed, functionName: "createClient" })).map(
        ({ explanation }) => explanation?.wire,
      );
    const [once, again, other] = [await wires(1), await wires(1), await wires(2)];
    expect(once).toEqual(again);
    expect(once).not.toEqual(other);

    const order = async (seed: number) => {
      const titles: string[] = [];
      const alone = new Runner(broker, { lanes: 1 });
      const options = {
        seed,
        shuffle: true,
        onResult: ({ title }: CheckResult) => titles.push(title),
      };
      await alone.run([{ module, answers: "solutions" }], options);
      await alone.close();
      return titles;
    };
    const [first, second, third] = [await order(1), await order(1), await order(2)];
    expect(first).toEqual(second);
    expect(first).not.toEqual(third);
  });

  test("never lets two files share a process", async () => {
    const body = "export async function createClient() { throw new Error('pid ' + process.pid); }";
    const files = [answersWith("one", body), answersWith("other", body)];
    const results = await runner.run(files.map((answers) => ({ module, answers })));
    const pids = files.map(
      (file) =>
        new Set(
          results
            .filter(
              ({ run, functionName }) => run.answers === file && functionName === "createClient",
            )
            .flatMap(({ explanation }) => explanation?.got ?? []),
        ),
    );
    expect(pids[0]?.size).toBeGreaterThan(0);
    for (const pid of pids[0] ?? []) expect(pids[1]?.has(pid)).toBe(false);
  });
});
