import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ended, ProjectCopy } from "../workbook/fixtures/project-copy.ts";

// The door for any answer: how somebody shows that a right answer was refused, or a wrong one accepted.
const PATIENCE = 60_000;
const embedded = { WORKBOOK_BROKER: "embedded" };
let project: ProjectCopy;

beforeAll(async () => {
  project = await ProjectCopy.make();
  const solution = await readFile(join(project.folder, "solutions/01-basic-pubsub.ts"), "utf8");
  await mkdir(join(project.folder, "reports/deep"), { recursive: true });
  await writeFile(join(project.folder, "reports/right.ts"), solution);
  const wrong = solution.replace("protocolVersion: 5", "protocolVersion: 4");
  expect(wrong).not.toBe(solution);
  const deeper = wrong.replaceAll('from "../workbook/', 'from "../../workbook/');
  await writeFile(join(project.folder, "reports/deep/wrong.ts"), deeper);
  await writeFile(join(project.folder, "reports/torn.ts"), "export const = ;\n");
});
afterAll(() => project.remove());

function check(...words: string[]): Promise<Ended> {
  return project.run("check", words, embedded);
}

const linesOf = ({ output }: Ended) =>
  output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe.concurrent("check --answers", { timeout: PATIENCE }, () => {
  test("judges a file, wherever it lies, as the module's answers", async () => {
    const right = await check("01", "--answers", "reports/right.ts");
    expect(right.output).toMatch("reports/right.ts\n01 · Publish and subscribe");
    expect(right.output).toMatch("✔ passed    createClient");
    expect(right.code).toBe(0);

    const wrong = await check("01", "--answers", "reports/deep/wrong.ts");
    expect(wrong.output).toMatch("✘ createClient: your client speaks an older MQTT");
    expect(wrong.output).toMatch(/look at {4}reports\/deep\/wrong\.ts:\d+/);
    expect(wrong.code).toBe(1);
  });

  test("prints one object for each check, of several files", async () => {
    const files = ["reports/right.ts", "reports/deep/wrong.ts"];
    const ended = await check("1", "--json", ...files.flatMap((file) => ["--answers", file]));
    expect(ended.code).toBe(1);
    const results = linesOf(ended);
    const [right, wrong] = files.map((file) => results.filter(({ answers }) => answers === file));
    expect(right?.length).toBeGreaterThan(10);
    expect(right?.map(({ check }) => check)).toEqual(wrong?.map(({ check }) => check));
    for (const result of right ?? []) expect(result).toMatchObject({ outcome: "passed" });
    const refused = wrong?.filter(({ outcome }) => outcome !== "passed");
    expect(refused).toEqual([
      {
        answers: "reports/deep/wrong.ts",
        module: "01-basic-pubsub",
        function: "createClient",
        check: "speaks MQTT 5",
        outcome: "wrong",
        headline: "your client speaks an older MQTT",
        expected: "→ CONNECT with protocol version 5",
        got: "→ CONNECT with protocol version 4",
        why: expect.stringContaining("3.1.1"),
        wire: expect.stringMatching(/sensor-\w+ -> broker {2}CONNECT v3.1.1/),
        lookAt: null,
        printed: "",
        milliseconds: expect.any(Number),
        seed: expect.any(Number),
      },
    ]);
  });

  test("tells of one function alone", async () => {
    const ended = await check("topicMatches", "--json", "--answers", "reports/right.ts");
    expect(new Set(linesOf(ended).map((result) => result.function))).toEqual(
      new Set(["topicMatches"]),
    );
    expect(ended.code).toBe(0);
  });

  test("without a file tells of the exercise", async () => {
    const ended = await check("createClient", "--json");
    for (const result of linesOf(ended)) {
      expect(result).toMatchObject({ answers: "exercises/01-basic-pubsub.ts", outcome: "todo" });
    }
    expect(ended.code).toBe(1);
  });

  test("says in each check that a file cannot be read", async () => {
    const ended = await check("createClient", "--json", "--answers", "reports/torn.ts");
    for (const result of linesOf(ended)) {
      expect(result).toMatchObject({ outcome: "wrong", got: expect.stringContaining("Error") });
    }
    expect(ended.code).toBe(1);
  });

  test("makes up the same again with the same seed", async () => {
    const words = ["01", "--json", "--answers", "reports/deep/wrong.ts"];
    const run = async () => {
      const ended = await project.run("check", words, { ...embedded, WORKBOOK_SEED: "4711" });
      return linesOf(ended).map(({ milliseconds: _, ...same }) => same);
    };
    const [once, again] = [await run(), await run()];
    expect(once).toEqual(again);
    expect(once[0]).toMatchObject({ seed: 4711 });
  });

  test("remembers nothing of it", async () => {
    const other = await ProjectCopy.make();
    try {
      const file = "exercises/01-basic-pubsub.ts";
      await other.run("check", ["01", "--answers", file], embedded);
      const { output } = await other.run("progress", [], {});
      expect(output).toMatch("not checked createClient");
    } finally {
      await other.remove();
    }
  });

  test.each([
    [["--answers", "reports/right.ts"], "--answers needs the module that the file answers"],
    [["01", "--answers", "nowhere.ts"], "there is no file nowhere.ts"],
    [["01", "--answers", "reports"], "reports is no file"],
    [["01", "--anwsers", "x.ts"], "Unknown option '--anwsers'"],
  ])("bad words are one line: %j", async (words, line) => {
    const { output, code } = await check(...words);
    expect(output.trim().split("\n")).toEqual([
      expect.stringContaining(line),
      expect.stringMatching(/^Next: npm run check -- /),
    ]);
    expect(code).toBe(2);
  });

  test("a file outside of the workbook is refused, with what to do", async () => {
    const file = join(tmpdir(), `workbook-outside-${process.pid}.ts`);
    await writeFile(file, "");
    try {
      const { output, code } = await check("01", "--answers", file);
      expect(output).toMatch("lies outside of the workbook, where its imports lead nowhere");
      expect(code).toBe(2);
    } finally {
      await rm(file);
    }
  });
});
