import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ProjectCopy } from "../workbook/fixtures/project-copy.ts";
import { noTerminal, Terminal } from "../workbook/fixtures/terminal.ts";
import { median } from "./median.ts";

const ROUNDS = 20;

/**
 * From the moment in which a file is saved to the verdict on the screen: `npm start` with the solution of
 * module 1, beside vitest's own watch of one empty test.
 *
 * @param empty a folder with one empty test
 */
export async function measureSaving(empty: string): Promise<void> {
  const missing = noTerminal();
  if (missing) {
    console.log(`saving: not measured, ${missing}`);
    return;
  }
  const [own, other] = [await saveInWorkbook(), await saveInVitest(empty)].map(median) as [
    number,
    number,
  ];
  console.log(
    `save to verdict, module 1: ${own.toFixed(2)} s, one empty test in vitest's watch ` +
      `${other.toFixed(2)} s: ratio ${(own / other).toFixed(2)} (medians of ${ROUNDS})`,
  );
}

async function saveInWorkbook(): Promise<number[]> {
  const project = await ProjectCopy.make();
  const solution = await readFile(join(project.folder, "solutions/01-basic-pubsub.ts"), "utf8");
  const exercise = join(project.folder, "exercises/01-basic-pubsub.ts");
  await writeFile(exercise, solution);
  const terminal = new Terminal(project.folder, "start", [], {});
  try {
    const verdicts = () =>
      terminal.text().match(/saved, checking module 01[\s\S]*?q quit/g)?.length ?? 0;
    await until(() => terminal.text().includes("q quit"));
    return await rounds(verdicts, (round) => writeFile(exercise, `${solution}// ${round}\n`));
  } finally {
    terminal.press("q");
    await terminal.ended();
    terminal.close();
    await project.remove();
  }
}

async function saveInVitest(empty: string): Promise<number[]> {
  const watch = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", "--watch"], {
    cwd: empty,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  let output = "";
  watch.stdout.on("data", (chunk) => {
    output += chunk;
  });
  try {
    const verdicts = () => output.match(/Tests +1 passed/g)?.length ?? 0;
    await until(() => verdicts() > 0);
    const file = join(empty, "empty.test.ts");
    const text = await readFile(file, "utf8");
    return await rounds(verdicts, (round) => writeFile(file, `${text}// ${round}\n`));
  } finally {
    watch.kill();
    await once(watch, "exit");
  }
}

/** Seconds of each round, from the save to one verdict more. */
async function rounds(
  verdicts: () => number,
  save: (round: number) => Promise<void>,
): Promise<number[]> {
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // As a person does, who reads the verdict first.
    await sleep(500);
    const before = verdicts();
    const begun = performance.now();
    await save(round);
    await until(() => verdicts() > before);
    seconds.push((performance.now() - begun) / 1000);
  }
  return seconds;
}

async function until(met: () => boolean): Promise<void> {
  const late = performance.now() + 60_000;
  while (!met()) {
    if (performance.now() > late) throw new Error("no verdict came");
    await sleep(5);
  }
}
