import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { connectAsync } from "mqtt";
import type { Broker } from "../broker/broker.ts";
import { chooseBroker } from "../broker/choose.ts";
import { dockerProblem } from "../broker/docker.ts";
import { findMosquitto } from "../broker/native.ts";
import { probeBroker } from "../broker/probe.ts";
import { EnvironmentProblem } from "../environment-problem.ts";
import { root } from "../modules.ts";
import { paint } from "../paint.ts";
import { exitCodes, runCommand } from "./usage.ts";

/** What one look at the environment found. `fails` stops the workbook, `missing` does not. */
interface Finding {
  readonly state: "works" | "missing" | "fails";
  readonly what: string;
  /** What to type to mend it. */
  readonly next?: string;
}

/** `npm run doctor`: try each part of the environment, and say what works and what to type where not. */
async function doctor(): Promise<number> {
  let failed = false;
  for (const look of [node, packages, docker, mosquitto, port, broker]) {
    const { state, what, next } = await look();
    if (state === "fails") failed = true;
    const word = { works: paint.green, missing: paint.yellow, fails: paint.red }[state](state);
    console.log(`${word.padEnd(state === word ? 9 : 9 + word.length - state.length)}${what}`);
    if (next) console.log(`         Next: ${next}`);
  }
  return failed ? exitCodes.environment : exitCodes.fine;
}

interface PackageFile {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

function packageFile(path: string): PackageFile {
  return JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
}

async function node(): Promise<Finding> {
  const wanted = packageFile("").engines?.node?.replace(">=", "") ?? "0";
  const [major = 0, minor = 0] = wanted.split(".").map(Number);
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split(".").map(Number);
  const enough = ownMajor > major || (ownMajor === major && ownMinor >= minor);
  const what = `Node ${process.versions.node}, ${wanted} or newer is needed`;
  return enough
    ? { state: "works", what }
    : { state: "fails", what, next: `install Node ${wanted}` };
}

async function packages(): Promise<Finding> {
  const names = Object.keys(packageFile("").dependencies ?? {});
  const missing = names.filter((name) => !existsSync(join(root, "node_modules", name)));
  if (missing.length > 0) {
    return { state: "fails", what: `packages are missing: ${missing.join(", ")}`, next: "npm ci" };
  }
  const { version } = packageFile("node_modules/mqtt");
  return { state: "works", what: `${names.length} packages, mqtt ${version} among them` };
}

async function docker(): Promise<Finding> {
  const problem = await dockerProblem();
  if (problem === undefined) return { state: "works", what: "Docker answers" };
  return { state: "missing", what: `Docker: ${problem.message}`, next: problem.next };
}

async function mosquitto(): Promise<Finding> {
  const path = findMosquitto();
  if (path !== undefined) return { state: "works", what: `Mosquitto is installed: ${path}` };
  return {
    state: "missing",
    what: "Mosquitto is not installed; Docker or the embedded broker will do",
  };
}

async function port(): Promise<Finding> {
  const found = await probeBroker(new URL("mqtt://127.0.0.1:1883"));
  switch (found.answer) {
    case "broker":
      return { state: "works", what: "a broker listens on port 1883: scripts will use it" };
    case "nothing":
      return { state: "missing", what: "no broker listens on port 1883: scripts start their own" };
    default:
      return {
        state: "missing",
        what: `port 1883 is taken by something we cannot use: ${found.why}`,
        next: "end it before docker compose up -d, or leave it: scripts start their own broker",
      };
  }
}

async function broker(): Promise<Finding> {
  let chosen: Broker;
  try {
    ({ broker: chosen } = await chooseBroker("check"));
  } catch (error) {
    if (!(error instanceof EnvironmentProblem)) throw error;
    return { state: "fails", what: `no broker for the checks: ${error.message}`, next: error.next };
  }
  try {
    const milliseconds = (await roundTrip(chosen.url)).toFixed(1);
    const what = `the checks use ${chosen.name}; a message and its PUBACK take ${milliseconds} ms`;
    return { state: "works", what };
  } finally {
    await chosen.stop();
  }
}

/** The median of a few acknowledged publishes, in milliseconds. */
async function roundTrip(url: string): Promise<number> {
  const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 });
  const times: number[] = [];
  for (let i = 0; i < 11; i++) {
    const before = performance.now();
    await client.publishAsync(`workbook-doctor-${process.pid}`, "", { qos: 1 });
    times.push(performance.now() - before);
  }
  await client.endAsync();
  return times.sort((a, b) => a - b)[5] ?? Number.NaN;
}

await runCommand(doctor);
