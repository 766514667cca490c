import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../workbook/modules.ts";
import { ProjectCopy } from "../workbook/fixtures/project-copy.ts";
import { median } from "./median.ts";
import { measureSaving } from "./saving.ts";

const ROUNDS = 9;

/** What a learner waits for, beside the least that the same tools take. */
export async function measureCommands(): Promise<void> {
  const empty = await emptyProject();
  const project = await ProjectCopy.make();
  try {
    await cp(
      join(project.folder, "solutions/01-basic-pubsub.ts"),
      join(project.folder, "exercises/01-basic-pubsub.ts"),
    );
    await compare(
      ["demo of module 1", project.folder, "npx", "tsx", "solutions/01-basic-pubsub.ts"],
      ["npx tsx with an empty file", empty, "npx", "tsx", "empty.ts"],
    );
    await compare(
      ["npm run check -- 01", project.folder, "npm", "run", "check", "--", "01"],
      ["vitest with one empty test", empty, "npx", "vitest", "run"],
    );
    await measureSaving(empty);
    const seconds = await time(root, "npm", "test");
    console.log(`npm test: ${seconds.toFixed(1)} s`);
  } finally {
    await project.remove();
    await rm(empty, { recursive: true });
  }
}

async function emptyProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "workbook-empty-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "empty.ts"), "");
  await writeFile(
    join(folder, "empty.test.ts"),
    'import { test } from "vitest";\ntest("nothing", () => {});\n',
  );
  return folder;
}

type Candidate = [name: string, folder: string, command: string, ...args: string[]];

async function compare(ours: Candidate, least: Candidate): Promise<void> {
  const seconds: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, [, folder, command, ...args]] of [ours, least].entries()) {
      seconds[index]?.push(await time(folder, command, ...args));
    }
  }
  const [own, other] = seconds.map(median) as [number, number];
  console.log(
    `${ours[0]}: ${own.toFixed(2)} s, ${least[0]} ${other.toFixed(2)} s: ratio ${(own / other).toFixed(2)}`,
  );
}

/** Seconds from the start of a command to its end. */
function time(folder: string, command: string, ...args: string[]): Promise<number> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NO_COLOR: "1" };
    execFile(command, args, { cwd: folder, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const told = `${stdout}${stderr}`.slice(-2000);
      if (error) reject(new Error(`${command} ${args.join(" ")} failed:\n${told}`));
      else resolve((performance.now() - begun) / 1000);
    });
  });
}
