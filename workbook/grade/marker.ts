// Runs in a sandbox, as a process or a container of its own: checks one submission as the job on its
// standard input says, and tells each result on its standard output. The submission is loaded in
// processes that this one starts, never here.
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Broker } from "../broker/broker.ts";
import { startEmbedded } from "../broker/embedded.ts";
import { runChecks } from "../cli/run-checks.ts";
import { EnvironmentProblem } from "../environment-problem.ts";
import { root } from "../modules.ts";
import { confineTo } from "./confinement.ts";
import type { Job, Word } from "./job.ts";

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
  await runChecks(runs, broker, {
    onResult: (result) => void say({ kind: "result", result }),
    confinement: confineTo(root.replace(/[\\/]$/, "")),
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

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
