import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Broker } from "../broker/broker.ts";
import { startDocker } from "../broker/docker.ts";
import { startEmbedded } from "../broker/embedded.ts";
import { isProblem, nameOf } from "../checks/contract.ts";
import { openLateLine } from "../checks/late-line.ts";
import { chooseSeed, Runner } from "../checks/runner.ts";
import { listModules } from "../modules.ts";
import { UsageError } from "../usage-error.ts";
import { exitCodes, runCommand } from "./usage.ts";

/**
 * `npm run soak -- 50`: all checks of all modules so many times, on Docker and on the embedded broker,
 * in another order each time, while every core is busy with something else and the line to the broker is
 * late by chance. Tells what failed, how to repeat it, and what was left behind.
 */
async function soak(): Promise<number> {
  const times = readTimes(process.argv.slice(2));
  const seed = chooseSeed();
  const before = listTraces();
  const load = loadAllCores();
  let failures = 0;
  try {
    for (const start of [startDocker, startEmbedded]) {
      const broker = await start();
      try {
        failures += await soakOn(broker, times, seed);
      } finally {
        await broker.stop();
      }
    }
  } finally {
    for (const child of load) child.kill("SIGKILL");
  }
  // What was told to end may take a moment.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const left = listTraces().filter((trace) => {
    const index = before.indexOf(trace);
    if (index !== -1) before.splice(index, 1);
    return index === -1;
  });
  for (const trace of left) console.error(`LEFT    ${trace}`);
  console.log(`${failures} failures, ${left.length} things left behind`);
  return failures + left.length === 0 ? exitCodes.fine : exitCodes.wrong;
}

function readTimes(args: readonly string[]): number {
  const [word = "10", ...more] = args;
  if (/^[1-9]\d{0,4}$/.test(word) && more.length === 0) return Number(word);
  throw new UsageError(`"${args.join(" ")}" is no number of times`, "npm run soak -- 50");
}

async function soakOn(broker: Broker, times: number, firstSeed: number): Promise<number> {
  console.log(
    `Broker: ${broker.name}, ${availableParallelism()} cores, all of them loaded, and a line that is late`,
  );
  const runs = listModules().map(({ name }) => ({ module: name, answers: "solutions" }));
  const begun = performance.now();
  let judged = 0;
  let failures = 0;
  for (let time = 0; time < times; time++) {
    const seed = firstSeed + time;
    const line = await openLateLine(broker.url, seed);
    const runner = new Runner({ name: broker.name, url: line.url });
    try {
      const results = await runner.run(runs, { shuffle: true, seed });
      judged += results.length;
      for (const result of results.filter(isProblem)) {
        failures++;
        const { run, outcome, explanation } = result;
        console.error(`FAILED  run ${time + 1}, ${run.module}, ${nameOf(result)}`);
        console.error(`        ${outcome}: ${explanation?.headline}; got ${explanation?.got}`);
        console.error(`        repeat it with  WORKBOOK_SEED=${seed} npm run soak -- 1`);
      }
    } finally {
      await runner.close();
      await line.close();
    }
  }
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(`${times} runs, ${judged} checks in ${seconds} s: ${failures} failed`);
  return failures;
}

/** Somebody else who wants all the processor time there is, for as long as this process lives. */
function loadAllCores() {
  const busy = "const { ppid } = process; while (process.ppid === ppid);";
  return Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ["-e", busy], { stdio: "ignore" }),
  );
}

/** What a run may leave behind: processes below it, its containers and folders, open sockets. */
function listTraces(): string[] {
  const owner = String(process.pid);
  const folders = join(tmpdir(), `mqtt-workbook-${process.getuid?.() ?? "user"}`);
  return [
    ...descendants(owner).map((command) => `process ${command}`),
    ...lines("docker", "ps", "-aq", "--filter", `label=mqtt-workbook.owner.pid=${owner}`).map(
      (id) => `container ${id}`,
    ),
    ...(existsSync(folders) ? readdirSync(folders) : [])
      .filter((name) => name.startsWith(`${owner}-`))
      .map((name) => `folder ${join(folders, name)}`),
    ...process
      .getActiveResourcesInfo()
      .filter((resource) => /^(TCP|Pipe)/.test(resource))
      .map((resource) => `open ${resource}`),
  ];
}

function descendants(pid: string): string[] {
  const all = lines("ps", "-A", "-o", "pid=,ppid=,args=").map((line) => line.trim().split(/\s+/));
  const below = (parent: string): string[] =>
    all
      .filter(([, ppid, command]) => ppid === parent && command !== "ps")
      .flatMap(([child = "", , ...command]) => [command.join(" "), ...below(child)]);
  return below(pid);
}

function lines(command: string, ...args: string[]): string[] {
  return execFileSync(command, args, { encoding: "utf8" }).split("\n").filter(Boolean);
}

await runCommand(soak);
