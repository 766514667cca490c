import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EnvironmentProblem } from "../environment-problem.ts";
import { diagnose } from "../troubles/diagnosis.ts";
import { ConfigurationRefused } from "./configuration-refused.ts";
import { onExit } from "./lifetime.ts";
import { StartLog } from "./mosquitto-log.ts";
import {
  listenerPorts,
  type Mosquitto,
  type MosquittoSetup,
  moveListeners,
  ownSetup,
} from "./mosquitto-setup.ts";
import { configurationIn, newFolder, pidFileIn, sweep } from "./native-folders.ts";

const startTimeoutMs = 10_000;
const maxAttempts = 5;
const onWindows = process.platform === "win32";

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
 * Starts this machine's own Mosquitto on free ports of 127.0.0.1. Ended by `stop`, by the end of this
 * process, or, if that was killed, by the next start.
 *
 * @throws ConfigurationRefused when it does not start with this setup, EnvironmentProblem when there is
 *   no `mosquitto`, or it does not start for another reason
 */
export async function startNative(setup: MosquittoSetup = ownSetup): Promise<Mosquitto> {
  const program = findMosquitto();
  if (!program) {
    throw new EnvironmentProblem(
      "there is no mosquitto program on this machine",
      "sudo apt install mosquitto, or brew install mosquitto",
    );
  }
  sweep();
  for (let attempt = 1; ; attempt++) {
    const result = await start(program, setup);
    if ("broker" in result) return result.broker;
    // Between asking for a free port and using it, somebody else may have got it.
    const taken = /address already in use/i.test(result.failure);
    if (taken && attempt < maxAttempts) continue;
    const trouble = diagnose("mosquittoFails", { program, error: result.failure });
    const message = `${trouble.symptom}: ${trouble.cause}`;
    if (taken || result.errors === "") throw new EnvironmentProblem(message, trouble.next);
    throw new ConfigurationRefused(message, result.errors, trouble.next);
  }
}

async function start(
  program: string,
  setup: MosquittoSetup,
): Promise<{ broker: Mosquitto } | { failure: string; errors: string }> {
  const folder = newFolder();
  const { ports, configuration } = await settle(setup, program, folder);
  for (const [name, content] of Object.entries(setup.files ?? {})) {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  }
  writeFileSync(configurationIn(folder), configuration);

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
    return { failure, errors: log.errors };
  }
  // A script with nothing else to do may come to its end, which then ends the broker too.
  child.unref();
  (child.stderr as unknown as { unref(): void }).unref();
  const name = `Mosquitto ${await log.version} (${program})`;
  const [first] = ports.values();
  const url = `mqtt://127.0.0.1:${first}`;
  return { broker: { kind: "native", name, url, ports, stop } };
}

/** The configuration as it is here: its files in this folder, its listeners on free ports. */
async function settle(
  setup: MosquittoSetup,
  program: string,
  folder: string,
): Promise<{ ports: ReadonlyMap<number, number>; configuration: string }> {
  const text = setup.configuration({
    path: (file) => join(folder, file),
    dynamicSecurity: findPlugin(program, "mosquitto_dynamic_security"),
  });
  const ports = new Map<number, number>();
  for (const listener of listenerPorts(text)) ports.set(listener, await freePort());
  const moved = moveListeners(text, (listener) => `${ports.get(listener)} 127.0.0.1`);
  // Only its owner can look into the folder, and Mosquitto started by root would become another user.
  const staysRoot = setup.files !== undefined && process.getuid?.() === 0;
  return { ports, configuration: staysRoot ? `${moved}\nuser root\n` : moved };
}

/** A plugin of this Mosquitto; by its bare name, which the system looks up, where it is at no usual place. */
function findPlugin(program: string, name: string): string {
  if (onWindows) return join(dirname(program), `${name}.dll`);
  const library = join(dirname(program), "../lib");
  const folders = existsSync(library)
    ? readdirSync(library).map((each) => join(library, each))
    : [];
  const file = `${name}.so`;
  return [library, ...folders].map((each) => join(each, file)).find(existsSync) ?? file;
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
