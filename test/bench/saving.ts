import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inherited, ProjectCopy } from "../workbook/fixtures/project-copy.ts";
import { withEmptyProject } from "./empty-project.ts";
import { median, percentile95 } from "./median.ts";
import { Program } from "./program.ts";

const ROUNDS = 20;
/** How long a learner reads before saving again, in milliseconds. */
const READING = 500;

/** A function that does not wait for the broker's clock, and an answer to it that does nothing, for ever. */
interface Saved {
  readonly module: string;
  readonly functionName: string;
  readonly silent: string;
}

const saved: readonly Saved[] = [
  {
    module: "01-basic-pubsub",
    functionName: "createClient",
    silent: "return new Promise(() => {});",
  },
  {
    module: "04-mqtt5-features",
    functionName: "createAliasPublisher",
    silent: "return () => new Promise(() => {});",
  },
];

/** What one save takes until the first verdict and until the last, in milliseconds. */
type Waits = [first: number, last: number];

/**
 * From the moment in which an exercise is saved to the verdicts on the screen: `npm start` in a pseudo
 * terminal, beside vitest's own watch of one empty test.
 */
export async function measureSaving(): Promise<void> {
  const missing = noPseudoTerminal();
  if (missing) {
    console.log(`saving: not measured, ${missing}`);
    return;
  }
  console.log(`from a save to the verdict, on the embedded broker, ${ROUNDS} saves each`);
  let least: readonly Waits[] = [];
  await withEmptyProject(async (empty) => {
    least = await saveInVitest(empty);
  });
  tell("vitest's watch of one empty test", least);
  for (const each of saved) await saveInWorkbook(each, least);
}

/** Why no pseudo terminal can be had here, or `undefined` where one can. */
function noPseudoTerminal(): string | undefined {
  try {
    const version = execFileSync("script", ["--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    if (version.includes("util-linux")) return undefined;
  } catch {
    // As where there is another one, which knows nothing of --version.
  }
  return "the command script of util-linux is not installed";
}

async function saveInWorkbook(
  { module, functionName, silent }: Saved,
  least: readonly Waits[],
): Promise<void> {
  const project = await ProjectCopy.make();
  const exercise = join(project.folder, `exercises/${module}.ts`);
  const solution = readFileSync(join(project.folder, `solutions/${module}.ts`), "utf8");
  writeFileSync(exercise, solution);
  // What it prints goes through a pipe, and reaches us as soon as it is printed.
  const command = "stty cols 80 rows 24; exec node workbook/cli/run.js start";
  const start = new Program(["script", "-qfec", command, "/dev/null"], project.folder, {
    ...inherited(),
    WORKBOOK_BROKER: "embedded",
  });
  const number = module.slice(0, 2);
  const answers = [
    ["right answer", "✔", (right: string) => right],
    ["silent wrong answer", "✘", () => `  ${silent}\n`],
  ] as const;
  try {
    // The keys come once at once, and once more when it has checked what it found.
    await start.shows(/Save to check[\s\S]*Save to check/);
    for (const [name, sign, answer] of answers) {
      const waits = await rounds(
        start,
        new RegExp(`^${sign} ${functionName}\\b`, "m"),
        new RegExp(`^${number} · [\\s\\S]*^Save to check, or press: `, "m"),
        (round) => writeFileSync(exercise, answerWith(solution, functionName, round, answer)),
      );
      tell(`module ${Number(number)}, ${functionName}, ${name}`, waits, least);
    }
  } finally {
    await start.end();
    await project.remove();
  }
}

/** With another comment in each round: a learner is at the function that has changed. */
function answerWith(
  solution: string,
  functionName: string,
  round: number,
  answer: (right: string) => string,
): string {
  const body = new RegExp(
    `(function ${functionName}\\([\\s\\S]*?// #region answer\\n)([\\s\\S]*?)(?= *// #endregion)`,
  );
  return solution.replace(
    body,
    (_, head: string, right: string) => `${head}  // ${round}\n${answer(right)}`,
  );
}

async function saveInVitest(empty: string): Promise<Waits[]> {
  const file = join(empty, "empty.test.ts");
  const text = readFileSync(file, "utf8");
  const vitest = new Program(
    [process.execPath, "node_modules/vitest/vitest.mjs", "--watch"],
    empty,
    inherited(),
  );
  try {
    const last = /Waiting for file changes/;
    await vitest.shows(last);
    return await rounds(vitest, /✓ empty\.test\.ts/, last, (round) =>
      writeFileSync(file, `${text}// ${round}\n`),
    );
  } finally {
    await vitest.end();
  }
}

async function rounds(
  program: Program,
  first: RegExp,
  last: RegExp,
  save: (round: number) => void,
): Promise<Waits[]> {
  const waits: Waits[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await sleep(READING);
    program.clear();
    const begun = performance.now();
    save(round);
    const times = await Promise.all([program.shows(first), program.shows(last)]);
    waits.push([times[0] - begun, times[1] - begun]);
  }
  return waits;
}

function tell(what: string, waits: readonly Waits[], least?: readonly Waits[]): void {
  const parts = ["first verdict", "last"].map((which, index) => {
    const own = waits.map((each) => each[index] ?? 0);
    const other = least?.map((each) => each[index] ?? 0);
    const ratio = other ? `, ratio ${(median(own) / median(other)).toFixed(2)}` : "";
    const p95 = percentile95(own).toFixed(0);
    return `${which} ${median(own).toFixed(0)} ms (95 %: ${p95} ms)${ratio}`;
  });
  console.log(`${what}: ${parts.join("; ")}`);
}
