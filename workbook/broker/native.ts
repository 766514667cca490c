import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EnvironmentProblem } from "../environment-problem.ts";
import { asEnvironmentProblem, diagnose } from "../troubles/diagnosis.ts";
import type { Broker } from "./broker.ts";
import { onExit } from "./lifetime.ts";
import { StartLog } from "./mosquitto-log.ts";
import { configurationIn, newFolder, pidFileIn, sweep } from "./native-folders.ts";

const startTimeoutMs = 10_000;
const maxAttempts = 5;
const onWindows = process.platform === "win32";
const configuration = new URL("../../mosquitto/mosquitto.conf", import.meta.url);

/** The `mosquitto` program of this machine: on the PATH, or where installers put it beside the PATH. */
export function findMosquitto(): string | undefined {
  const onPath = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const besides = onWindows
    ? ["C:\\Program Files\\mosquitto", "C:\\Program Files (x86)\\mosquitto"]
    : ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];
  const name = onWindows ? "mosquitto.exe" : "mosquitto";
  return [...onPath, ...besides].map((folder) => join(folder, name)).find(isProgram);
}

/**
 * Starts this machine's own Mosquitto on a free port of 127.0.0.1. Ended by `stop`, by the end of this
 * process, or, if that was killed, by the next start.
 *
 * @throws EnvironmentProblem when there is no `mosquitto`, or it does not start
 */
export async function startNative(): Promise<Broker> {
  const program = findMosquitto();
  if (!program) {
    throw new EnvironmentProblem(
      "there is no mosquitto program on this machine",
      "sudo apt install mosquitto, or brew install mosquitto",
    );
  }
  sweep();
  for (let attempt = 1; ; attempt++) {
    const result = await start(program, await freePort());
    if ("broker" in result) return result.broker;
    // Between asking for a free port and using it, somebody else may have got it.
    const taken = /address already in use/i.test(result.failure);
    if (taken && attempt < maxAttempts) continue;
    throw asEnvironmentProblem(diagnose("mosquittoFails", { program, error: result.failure }));
  }
}

async function start(
  program: string,
  port: number,
): Promise<{ broker: Broker } | { failure: string }> {
  const folder = newFolder();
  // Only its owner can read it. That is enough even for root, whose Mosquitto becomes user mosquitto:
  // it does so after reading.
  const ours = readFileSync(configuration, "utf8").replace(
    /^listener .*$/m,
    `listener ${port} 127.0.0.1`,
  );
  writeFileSync(configurationIn(folder), ours);

  const child = spawn(program, ["-c", configurationIn(folder)], {
    // Ctrl-C in a terminal goes to us alone, and we end it when nobody needs it any more.
    detached: !onWindows,
    windowsHide: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  writeFileSync(pidFileIn(folder), String(child.pid));
  const log = new StartLog();
  log.read(child.stderr);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(log.complaint || `it ended with code ${code}`));
  });

  const atOnce = () => {
    // It has nothing to save, and this also ends one that is paused.
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  const stop = async () => {
    child.ref();
    atOnce();
    await ended;
    unregister();
  };
  const unregister = onExit(stop, atOnce);

  const tooLate = new AbortController();
  const failure = await Promise.race([
    log.version.then(() => undefined),
    ended,
    delay(startTimeoutMs, `it was not ready within ${startTimeoutMs / 1000} s`, {
      signal: tooLate.signal,
    }),
  ]);
  tooLate.abort();
  if (failure !== undefined) {
    await stop();
    return { failure };
  }
  // A script with nothing else to do may come to its end, which then ends the broker too.
  child.unref();
  (child.stderr as unknown as { unref(): void }).unref();
  const name = `Mosquitto ${await log.version} (${program})`;
  return { broker: { kind: "native", name, url: `mqtt://127.0.0.1:${port}`, stop } };
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
