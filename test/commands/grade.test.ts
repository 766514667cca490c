import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isRunning } from "../../workbook/broker/lifetime.ts";
import type { Score } from "../../workbook/grade/score.ts";
import { listModules, root } from "../../workbook/modules.ts";
import { type Graded, grade, startGrading } from "../workbook/fixtures/grade-command.ts";
import { writeHostileSubmissions } from "../workbook/fixtures/hostile-submissions.ts";

const [first] = listModules();
const module = first?.name ?? "";
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "workbook-graded-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder with one submission: the first module's solution. */
function submission(path: string): string {
  const at = join(folder, path);
  mkdirSync(at, { recursive: true });
  cpSync(join(root, `solutions/${module}.ts`), join(at, `${module}.ts`));
  return at;
}

describe("submissions that misbehave", () => {
  // Whatever one of them does, it costs what it costs its own function, and at most its own file.
  test("each gets its grades, and nothing else is hurt", { timeout: 900_000 }, async () => {
    const canary = join(folder, "canary");
    mkdirSync(canary);
    const handedIn = join(folder, "hostile");
    mkdirSync(handedIn);
    const submissions = writeHostileSubmissions(handedIn, canary);
    const before = readdirSync(root);

    const { code, stdout } = await grade(["--format", "json", ...submissions]);

    const { submissions: scores } = JSON.parse(stdout) as { submissions: Score[] };
    const table = Object.fromEntries(scores.map((score) => [score.name, summary(score)]));
    expect(table).toMatchSnapshot();
    expect(code).toBe(0);
    expect(readdirSync(canary)).toEqual([]);
    expect(readdirSync(root)).toEqual(before);
  });

  test("one that hangs for good is ended after the time limit", { timeout: 300_000 }, async () => {
    const words = ["--format", "json", "--limit", "5", join(folder, "hostile", "hangs-at-load")];
    const { code, stdout } = await grade(words);
    const { submissions: scores } = JSON.parse(stdout) as { submissions: Score[] };
    expect(scores.map(summary)).toEqual([
      "broken broken broken broken; no verdict within the time limit",
    ]);
    expect(code).toBe(0);
  });

  function summary({ functions }: Score): string {
    const grades = functions.filter((each) => each.module === module);
    const reason = grades.find(({ functionName }) => functionName === "publishSensorData")?.reason;
    const words = grades.map((each) => each.grade).join(" ");
    return (
      [words, reason?.headline, reason?.got?.split("\n")[0]]
        .filter((part) => part !== undefined)
        .join("; ")
        // On a busy machine the proof may come later than the deadline.
        .replace(/neither, (and|within) .*/, "neither")
        .replaceAll(root, "…/")
        .replace(/\/\S*mqtt-workbook-grade-[\w-]+/g, "…")
    );
  }
});

test("the result goes to a file, and who has handed in what to the screen", async () => {
  const output = join(folder, "grades.csv");
  const whole = join(folder, "ben");
  mkdirSync(join(whole, "exercises"), { recursive: true });
  cpSync(join(root, `exercises/${module}.ts`), join(whole, `exercises/${module}.ts`));
  const words = ["--format", "csv", "--output", output, submission("anna"), whole, "README.md"];
  const { code, stdout, stderr } = await grade(words);
  expect(readFileSync(output, "utf8").split("\r\n")).toEqual([
    expect.stringMatching(/^submission,passed,of,unknown,01 createClient,01 \w+,01 \w+,01 \w+$/),
    "anna,4,4,0,passed,passed,passed,passed",
    "ben,0,4,0,to do,to do,to do,to do",
    "",
  ]);
  expect(stderr).toContain("Note: README.md is no folder, so it is left out.");
  expect(stderr).toMatch(/^\d\/2 anna: 4 of 4$/m);
  expect(stdout).toBe("");
  expect(code).toBe(0);
}, 120_000);

describe.concurrent("bad input is one clear line, and what to type next", {
  timeout: 60_000,
}, () => {
  const expectLines = ({ code, stdout, stderr }: Graded, expected: number, ...lines: string[]) => {
    expect(stderr.trimEnd().split("\n")).toEqual(lines);
    expect(stdout).toBe("");
    expect(code).toBe(expected);
  };
  const next = "Next: npm run grade -- submissions/*   with a folder for each learner";

  test("no folder", async () => {
    expectLines(await grade([]), 2, "no submissions were named.", next);
  });

  test("a folder that is not there", async () => {
    expectLines(await grade(["nowhere"]), 2, "there is no folder nowhere.", next);
  });

  test("a folder without exercise files", async () => {
    const empty = join(folder, "empty");
    mkdirSync(empty);
    const line = `${empty} holds no exercise file, such as exercises/${module}.ts.`;
    expectLines(await grade([empty]), 2, line, next);
  });

  test("a file", async () => {
    expectLines(await grade(["README.md"]), 2, "README.md is no folder.", next);
  });

  test("two submissions of one name", async () => {
    const [one, other] = [submission("2025/carla"), submission("2026/carla")];
    const line = `two submissions are called carla: ${one} and ${other}.`;
    const advice = "Next: rename one of the folders, or grade them one after the other";
    expectLines(await grade([one, other]), 2, line, advice);
  });

  test("an output file that cannot be written", async () => {
    const line = "the result cannot be written to nowhere/grades.csv: ENOENT.";
    const words = ["--output", "nowhere/grades.csv", submission("dora")];
    expectLines(await grade(words), 2, line, "Next: make the folder nowhere first");
  });

  test("a format that there is not", async () => {
    const line = "--format xml is none of table, csv, json, junit.";
    const words = ["--format", "xml", submission("emil")];
    expectLines(await grade(words), 2, line, "Next: npm run grade -- --help");
  });

  test("a limit that is no number", async () => {
    const words = ["--limit", "soon", submission("fritz")];
    const line = "--limit soon is no number from 1 up.";
    expectLines(await grade(words), 2, line, "Next: npm run grade -- --help");
  });

  test("no broker", async () => {
    const ended = await grade([submission("gina")], { MQTT_URL: "mqtt://127.0.0.1:1" });
    expect(ended.stderr.trimEnd().split("\n")).toEqual([
      expect.stringContaining("Environment: no broker at MQTT_URL (127.0.0.1:1): nothing listens"),
      expect.stringContaining("unset MQTT_URL to use the workbook's own broker"),
    ]);
    expect(ended.code).toBe(3);
  });

  test("no Docker for containers", async () => {
    const ended = await grade(["--container", submission("hugo")], {
      DOCKER_HOST: "unix:///nowhere.sock",
    });
    expect(ended.stderr).toMatch(/^Environment: DOCKER_HOST is unix:\/\/\/nowhere.sock/);
    expect(ended.code).toBe(3);
  });
});

test.runIf(process.platform === "linux").each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
  "nothing is left after %s",
  async (signal) => {
    const tmp = mkdtempSync(join(folder, "tmp-"));
    const hanging = join(folder, `hanging-${signal}`);
    mkdirSync(hanging);
    writeHostileSubmissions(hanging, join(folder, "canary"));
    const child = startGrading([join(hanging, "hangs")], { TMPDIR: tmp });
    const ended = once(child, "close");
    // The solutions are under way, or the submission is.
    await expect.poll(() => markersIn(tmp), { timeout: 30_000 }).not.toEqual([]);
    const markers = markersIn(tmp);
    child.kill(signal);
    expect(await ended).toEqual(
      { SIGINT: [130, null], SIGTERM: [143, null], SIGKILL: [null, signal] }[signal],
    );
    await expect.poll(() => markers.filter(isRunning), { timeout: 10_000 }).toEqual([]);
    // What SIGKILL leaves on the disk, the next grading takes away.
    if (signal === "SIGKILL") await grade([join(hanging, "does-nothing")], { TMPDIR: tmp });
    expect(readdirSync(tmp).filter((name) => name.startsWith("mqtt-workbook-grade-"))).toEqual([]);
  },
  90_000,
);

/** The processes whose working folder lies in a sandbox there, on a system that tells. */
function markersIn(tmp: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").includes(
          `TMPDIR=${tmp}/mqtt-workbook-grade`,
        );
      } catch {
        return false;
      }
    });
}
