import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, type TestContext, test } from "vitest";
import { type Ended, ProjectCopy } from "./fixtures/project-copy.ts";

const PATIENCE = 120_000;

/** Check module 1 with all its answers right, but for what stands in publishSensorData. */
async function checkWith(
  { onTestFinished }: TestContext,
  body: string,
  topLevel = "",
): Promise<Ended> {
  const project = await ProjectCopy.make();
  onTestFinished(() => project.remove());
  const solution = await readFile(join(project.folder, "solutions/01-basic-pubsub.ts"), "utf8");
  const answer = /(publishSensorData\([\s\S]*?\/\/ #region answer\n)[\s\S]*?(\/\/ #endregion)/;
  const hostile = solution.replace(answer, (_, before, after) => `${before}${body}\n${after}`);
  await writeFile(join(project.folder, "exercises/01-basic-pubsub.ts"), `${hostile}\n${topLevel}`);
  return project.run("check", ["01"], { WORKBOOK_BROKER: "embedded" });
}

// Whatever one answer does, it gets its verdict, and its neighbours get theirs.
describe.concurrent("an answer that misbehaves", { timeout: PATIENCE }, () => {
  test.for([
    ["throws", "throw new Error('oops');", "threw an error", "got        Error: oops"],
    ["never settles", "await new Promise(() => {});", "did not finish", "neither, within 4 s"],
    [
      "throws in a callback",
      "setImmediate(() => { throw new Error('later'); }); await new Promise(() => {});",
      "threw an error",
      "got        Error: later",
    ],
    [
      "leaves a rejection to nobody",
      "Promise.reject(new Error('lost')); await new Promise(() => {});",
      "threw an error",
      "got        Error: lost",
    ],
    ["exits", "process.exit(0);", "ended the whole process", "got        process.exit(0)"],
    [
      "kills its process",
      "process.kill(process.pid, 'SIGKILL');",
      "the process ended while this check ran",
      "no verdict: the process was gone",
    ],
    [
      "loops for ever",
      "for (;;) {}",
      "never lets go of the thread",
      "a loop without a pause, in publishSensorData",
    ],
    [
      "loops in microtasks",
      "for (;;) await null;",
      "never lets go of the thread",
      "a loop without a pause",
    ],
    [
      "closes the line",
      "client.stream.destroy(); await new Promise(() => {});",
      "publishSensorData",
      "check      ",
    ],
  ])("%s", async ([, body = "", headline = "", line = ""], context) => {
    const { output, code } = await checkWith(context, body);
    expect(output).toMatch(new RegExp(`✘ publishSensorData:? .*${headline}|✘ .*${headline}`));
    expect(output).toContain(line);
    for (const neighbour of ["createClient", "subscribeWithWildcards", "topicMatches"]) {
      expect(output).toContain(`✔ passed    ${neighbour}`);
    }
    expect(code).toBe(1);
  });

  test("a file that never finishes loading", async (context) => {
    const { output, code } = await checkWith(context, "", "await new Promise(() => {});");
    expect(output).toContain("01-basic-pubsub.ts did not finish loading");
    expect(code).toBe(1);
  });

  test("a file that throws while it loads", async (context) => {
    const { output, code } = await checkWith(context, "", "throw new Error('at once');");
    expect(output).toContain("got        Error: at once");
    expect(code).toBe(1);
  });
});
