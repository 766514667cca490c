// Runs in a sandbox, as a process or a container of its own: checks one submission as the job on its
// standard input says, and tells each result on its standard output. The submission is loaded in
// processes that this one starts, never here.
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Broker } from "../broker/broker.ts";
import { startEmbedded } from "../broker/embedded.ts";
import type { CheckResult, Explanation } from "../checks/contract.ts";
import { Runner } from "../checks/runner.ts";
import { EnvironmentProblem } from "../environment-problem.ts";
import { root } from "../modules.ts";
import { confineTo } from "./confinement.ts";
import type { Job, Word } from "./job.ts";

/** So many characters of each part of an explanation are told. */
const KEPT = 10_000;

// Whoever wants the results has gone: end, and take along what we have started.
process.stdin.once("close", () => {
  if (process.platform !== "win32") process.kill(0, "SIGKILL");
  process.exit(1);
});

const [line] = await once(createInterface(process.stdin), "line");
const job: Job = JSON.parse(line);
const say = (word: Word) =>
  new Promise((resolve) =>
    process.stdout.write(`${job.secret} ${JSON.stringify(word)}\n`, resolve),
  );

try {
  const broker: Broker = job.broker
    ? { kind: "url", ...job.broker, stop: async () => {} }
    : await startEmbedded();
  const runs = job.modules.map((module) => ({ module, answers: "exercises" }));
  const runner = new Runner(broker, { starter: confineTo(root), confined: true });
  await runner.run(runs, {
    firstProblemOnly: true,
    onResult: (result) => void say({ kind: "result", result: shortened(result) }),
  });
  await say({ kind: "done", broker: broker.name });
  process.exit(0);
} catch (error) {
  const { message, next } =
    error instanceof EnvironmentProblem
      ? error
      : { message: `the checks do not start: ${firstLine(error)}`, next: "npm run doctor" };
  await say({ kind: "environment", message, next });
  process.exit(3);
}

/** Without what no grade shows: a submission might make it as long as it likes. */
function shortened({ diagram: _, explanation, ...result }: CheckResult): CheckResult {
  const cut = Object.entries(explanation ?? {}).map(([name, text]) => [name, text.slice(0, KEPT)]);
  return {
    ...result,
    output: "",
    ...(explanation && { explanation: Object.fromEntries(cut) as unknown as Explanation }),
  };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
