import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { getContainerRuntimeClient } from "testcontainers";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { dockerProblem } from "../../workbook/broker/docker.ts";
import type { Score } from "../../workbook/grade/score.ts";
import { listModules, root } from "../../workbook/modules.ts";
import { grade, startGrading } from "../workbook/fixtures/grade-command.ts";

const PATIENCE = 300_000;
const name = listModules()[0]?.name ?? "";

/** Where there is no image, nothing is pulled or built for a test. */
const images =
  process.platform === "linux" && (await dockerProblem()) === undefined
    ? await (await getContainerRuntimeClient()).container.dockerode.listImages({
        filters: { reference: ["node:22-slim", "local/node"] },
      })
    : [];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "workbook-graded-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A submission that is right, but for what stands in `topicMatches`. */
function submission(learner: string, body?: string): string {
  const solution = readFileSync(join(root, `solutions/${name}.ts`), "utf8");
  const answer = /(topicMatches\([\s\S]*?\/\/ #region answer\n)[\s\S]*?(\/\/ #endregion)/;
  const text =
    body === undefined
      ? solution
      : solution.replace(answer, (_, before, after) => `${before}${body}\n${after}`);
  mkdirSync(join(folder, learner));
  writeFileSync(join(folder, learner, `${name}.ts`), `import * as os from "node:os";\n${text}`);
  return join(folder, learner);
}

test.skipIf(images.length === 0)(
  "in a container a submission is nobody, and there is no network",
  async () => {
    const { code, stdout } = await grade([
      ...["--container", "--format", "json"],
      submission("right"),
      submission(
        "looks-around",
        "const seen = [process.getuid?.() !== 0, Object.keys(os.networkInterfaces()), process.cwd()]; throw new Error(seen.join(' '));",
      ),
    ]);
    const { broker, submissions } = JSON.parse(stdout) as { broker: string; submissions: Score[] };
    const [right, looksAround] = submissions;
    expect(right?.passed).toBe(right?.of);
    const found = looksAround?.functions.find(({ grade }) => grade !== "passed");
    expect(found?.functionName).toBe("topicMatches");
    expect(found?.reason?.got).toBe("Error: true lo /grade");
    expect(broker).toMatch(/^Aedes .*, one for each submission$/);
    expect(code).toBe(0);
  },
  PATIENCE,
);

test.skipIf(images.length === 0).each([
  ["is being made", "create"],
  ["runs", "start"],
])(
  "no container is left after Ctrl-C while it %s",
  async (_, event) => {
    const tmp = mkdtempSync(join(folder, "tmp-"));
    const { dockerode } = (await getContainerRuntimeClient()).container;
    const child = startGrading(["--container", submission(event)], { TMPDIR: tmp });
    const label = [`mqtt-workbook.owner.pid=${child.pid}`];
    const events = await dockerode.getEvents({ filters: { label, event: [event] } });
    onTestFinished(() => void (events as Readable).destroy());
    await once(events, "data");
    child.kill("SIGINT");
    expect(await once(child, "close")).toEqual([130, null]);
    const containers = async () =>
      (await dockerode.listContainers({ all: true, filters: { label } })).length;
    await expect.poll(containers, { timeout: 10_000 }).toBe(0);
    expect(readdirSync(tmp).filter((file) => file.includes("grade"))).toEqual([]);
  },
  PATIENCE,
);
