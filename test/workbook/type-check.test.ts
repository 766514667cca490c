import { type ChildProcess, spawn } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isRunning } from "../../workbook/broker/lifetime.ts";
import { openTypeChecker, type TypeChecker } from "../../workbook/checks/type-check.ts";
import { root } from "../../workbook/modules.ts";

const number = "Type 'number' is not assignable to type 'string'.";
const wrong = "// Größe 😀\r\nexport const name: string = 1;\r\n";
const right = "export const name: string = '1';\n";
const noCode = "export const name: string = 1;\nexport const = ;\n";
// With a byte order mark, as some editors leave it.
const overload = '\uFEFFimport { connect } from "mqtt";\n\nconnect(5);\n';

/** A folder of the project that no `tsconfig.json` includes. */
let folder = "";
let checker: TypeChecker;
let children: ChildProcess[] = [];

const onChild = (message: unknown) => {
  children.push((message as { process: ChildProcess }).process);
};

/** Its path as the checker wants it. */
function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return `.workbook/${basename(folder)}/${name}`;
}

/** The compilers that stay alive, and have not ended. */
function compilers(): ChildProcess[] {
  return children.filter(
    ({ spawnargs, exitCode, signalCode }) =>
      spawnargs?.includes("--api") && exitCode === null && signalCode === null,
  );
}

function commands(): ChildProcess[] {
  return children.filter(({ spawnargs }) => spawnargs?.includes("--singleThreaded"));
}

beforeEach(() => {
  mkdirSync(join(root, ".workbook"), { recursive: true });
  folder = mkdtempSync(join(root, ".workbook/type-check-"));
  children = [];
  subscribe("child_process", onChild);
  checker = openTypeChecker();
});

afterEach(async () => {
  await checker.close();
  unsubscribe("child_process", onChild);
  rmSync(folder, { recursive: true });
  rmSync(join(root, ".workbook/types/.workbook", basename(folder)), {
    recursive: true,
    force: true,
  });
});

describe("a type checker", { timeout: 30_000 }, () => {
  test("finds errors in a file, and finds them gone, with one compiler", async () => {
    const file = write("a.ts", wrong);
    const problem = { file, line: 2, message: number, syntax: false };
    expect(await checker.problems([file])).toEqual([problem]);
    write("a.ts", right);
    expect(await checker.problems([file])).toEqual([]);
    write("a.ts", `\n${wrong}`);
    expect(await checker.problems([file])).toEqual([{ ...problem, line: 3 }]);
    expect(children).toHaveLength(1);
    expect(commands()).toEqual([]);
  });

  test("tells what is no TypeScript, and of such a file nothing else", async () => {
    const file = write("a.ts", noCode);
    const problems = await checker.problems([file]);
    expect(problems[0]).toMatchObject({ file, line: 2, syntax: true });
    expect(problems.every(({ syntax }) => syntax)).toBe(true);
  });

  test("says of several files what is wrong in each, in their order", async () => {
    const files = [write("b.ts", noCode), write("a.ts", wrong), "solutions/01-basic-pubsub.ts"];
    const problems = await checker.problems(files);
    expect(new Set(problems.map(({ file }) => file))).toEqual(new Set(files.slice(0, 2)));
    expect(problems.at(-1)).toEqual({ file: files[1], line: 2, message: number, syntax: false });
  });

  test("says only the first line of an error", async () => {
    const file = write("a.ts", overload);
    const [problem] = await checker.problems([file]);
    expect(problem).toMatchObject({ line: 3, message: "No overload matches this call." });
  });

  test("sees what became of the files that a file imports", async () => {
    const file = write("a.ts", 'import { size } from "./b.ts";\nexport const a: string = size;\n');
    const messages = async () => (await checker.problems([file])).map(({ message }) => message);
    expect(await messages()).toEqual([expect.stringMatching(/^Cannot find module/)]);
    write("b.ts", "export const size = 12;\n");
    expect(await messages()).toEqual([number]);
    write("b.ts", "export const size = 'large';\n");
    expect(await messages()).toEqual([]);
    unlinkSync(join(folder, "b.ts"));
    expect(await messages()).toEqual([expect.stringMatching(/^Cannot find module/)]);
    expect(commands()).toEqual([]);
  });

  test("answers questions that overlap, each with its own", async () => {
    const files = ["a.ts", "b.ts", "c.ts"].map((name) => write(name, wrong));
    const answers = await Promise.all(files.map((file) => checker.problems([file])));
    expect(answers.map((problems) => problems.map(({ file }) => file))).toEqual(
      files.map((file) => [file]),
    );
    expect(children).toHaveLength(1);
  });

  test("starts nothing where there is nothing to look at", async () => {
    expect(await checker.problems([])).toEqual([]);
    expect(await checker.problems(["solutions/none.ts"])).toEqual([]);
    expect(children).toEqual([]);
  });

  test("is warm before the first question when it is told to be", async () => {
    checker.warm();
    await expect.poll(compilers).toHaveLength(1);
    const file = write("a.ts", wrong);
    expect(await checker.problems([file])).toHaveLength(1);
    expect(children).toHaveLength(1);
  });

  test("asks tsc when the compiler has ended, which says the same, and starts another", async () => {
    const files = [
      write("a.ts", wrong),
      write("b.ts", noCode),
      write("c.ts", overload),
      "solutions/02-qos-levels.ts",
    ];
    const problems = await checker.problems(files);
    expect(commands()).toHaveLength(0);
    for (const compiler of compilers()) compiler.kill("SIGKILL");
    expect(await checker.problems(files)).toEqual(problems);
    expect(commands()).toHaveLength(files.length);
    expect(await checker.problems(files)).toEqual(problems);
    expect(commands()).toHaveLength(files.length);
    expect(compilers()).toHaveLength(1);
  });

  test("asks tsc when the compiler ends in the middle of a question", async () => {
    const file = write("a.ts", wrong);
    const problems = checker.problems([file]);
    await expect.poll(compilers, { interval: 1 }).toHaveLength(1);
    compilers()[0]?.kill("SIGKILL");
    expect(await problems).toEqual([{ file, line: 2, message: number, syntax: false }]);
    expect(commands()).toHaveLength(1);
  });

  test("leaves nothing running when it is closed, and says nothing any more", async () => {
    const file = write("a.ts", wrong);
    await checker.problems([file]);
    const pids = children.map(({ pid }) => pid ?? 0);
    expect(pids.map(isRunning)).toEqual([true]);
    await checker.close();
    expect(pids.map(isRunning)).toEqual([false]);
    await checker.close();
    expect(await checker.problems([file])).toEqual([]);
    expect(children).toHaveLength(1);
  });

  test.for([0, 5, 20])("can be closed %i ms after a question", async (ms) => {
    const problems = checker.problems([
      write("a.ts", wrong),
      "solutions/05-protocol-comparison.ts",
    ]);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await Promise.all([checker.close(), checker.close()]);
    expect(await problems).toEqual([]);
    expect(compilers()).toEqual([]);
    expect(commands()).toEqual([]);
    expect(children.flatMap(({ pid }) => pid ?? []).filter(isRunning)).toEqual([]);
  });
});

describe("the compiler of a process", { timeout: 30_000 }, () => {
  /** Prints the compiler's process id once it has answered, and then does this. */
  function start(then: string) {
    const url = new URL("../../workbook/checks/type-check.ts", import.meta.url).href;
    const program = `
      import { subscribe } from "node:diagnostics_channel";
      import { openTypeChecker } from ${JSON.stringify(url)};
      let child;
      subscribe("child_process", ({ process }) => { child = process; });
      const checker = openTypeChecker();
      await checker.problems(["solutions/01-basic-pubsub.ts"]);
      console.log(child.pid);
      ${then}`;
    const flags = ["--import", "tsx", "--input-type=module", "--eval", program];
    return spawn(process.execPath, flags, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  }

  const endings = {
    "does not keep it alive, and ends with it": "",
    "ends with it when it exits at once": "process.exit(0);",
    "ends with it when it is killed": 'process.kill(process.pid, "SIGKILL");',
    "ends with it when it is killed while the compiler works": `
      checker.problems(["solutions/05-protocol-comparison.ts", "solutions/08-http-bridge.ts"]);
      setTimeout(() => process.kill(process.pid, "SIGKILL"), 10);`,
  };
  for (const [what, then] of Object.entries(endings)) {
    test(what, async () => {
      const parent = start(then);
      const ended = once(parent, "close");
      const [pid] = await once(createInterface(parent.stdout), "line");
      expect(Number(pid)).toBeGreaterThan(0);
      const [code, signal] = await ended;
      expect(code ?? signal).toBe(then.includes("SIGKILL") ? "SIGKILL" : 0);
      await expect.poll(() => isRunning(Number(pid)), { timeout: 5000 }).toBe(false);
    });
  }
});
