import { cp } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../workbook/modules.ts";
import { ProjectCopy } from "../workbook/fixtures/project-copy.ts";
import { withEmptyProject } from "./empty-project.ts";
import { median } from "./median.ts";
import { Program } from "./program.ts";

const ROUNDS = 9;
/** How long all tests may take, in milliseconds. */
const TESTS_PATIENCE = 600_000;

/** What a learner waits for, beside the least that the same tools take. */
export async function measureCommands(): Promise<void> {
  const project = await ProjectCopy.make();
  try {
    await cp(
      join(project.folder, "solutions/01-basic-pubsub.ts"),
      join(project.folder, "exercises/01-basic-pubsub.ts"),
    );
    await withEmptyProject(async (empty) => {
      await compare(
        ["demo of module 1", project.folder, "npx", "tsx", "solutions/01-basic-pubsub.ts"],
        ["npx tsx with an empty file", empty, "npx", "tsx", "empty.ts"],
      );
      await compare(
        ["npm run check -- 01", project.folder, "npm", "run", "check", "--", "01"],
        ["vitest with one empty test", empty, "npx", "vitest", "run"],
      );
    });
  } finally {
    await project.remove();
  }
  console.log(`npm test: ${(await time(root, ["npm", "test"], TESTS_PATIENCE)).toFixed(1)} s`);
}

type Candidate = [name: string, folder: string, command: string, ...args: string[]];

async function compare(ours: Candidate, least: Candidate): Promise<void> {
  const seconds: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, [, folder, ...words]] of [ours, least].entries()) {
      seconds[index]?.push(await time(folder, words));
    }
  }
  const [own, other] = seconds.map(median) as [number, number];
  console.log(
    `${ours[0]}: ${own.toFixed(2)} s, ${least[0]} ${other.toFixed(2)} s: ratio ${(own / other).toFixed(2)}`,
  );
}

/** Seconds from the start of a command to its end. */
async function time(
  folder: string,
  words: [command: string, ...args: string[]],
  patience?: number,
): Promise<number> {
  const begun = performance.now();
  const program = new Program(words, folder, { ...process.env, NO_COLOR: "1" });
  try {
    await program.succeeds(patience);
    return (performance.now() - begun) / 1000;
  } finally {
    await program.end();
  }
}
