import { spawn } from "node:child_process";
import { once } from "node:events";
import type { RequestOptions } from "node:http";
import { connect } from "node:net";
import { hostname } from "node:os";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { EnvironmentProblem } from "../environment-problem.ts";
import { asEnvironmentProblem, diagnose } from "../troubles/diagnosis.ts";
import { ConfigurationRefused } from "./configuration-refused.ts";
import { chooseImage, type Docker, reason } from "./docker-image.ts";
import { dockerProblem } from "./docker-problem.ts";
import { isRunning, onExit } from "./lifetime.ts";
import { readyLine, StartLog } from "./mosquitto-log.ts";
import {
  listenerPorts,
  type Mosquitto,
  type MosquittoSetup,
  moveListeners,
  ownSetup,
} from "./mosquitto-setup.ts";

export { dockerProblem };

const startTimeoutMs = 20_000;
const folder = "/mosquitto/config";

const whenItDoesNotStart =
  "docker info, to see how Docker is; or set MOSQUITTO_IMAGE to another Mosquitto image";

const labels = { pid: "mqtt-workbook.owner.pid", host: "mqtt-workbook.owner.host" };

/** On every container we start, so that a later run finds what a killed one left behind. */
export const ownLabels = { [labels.pid]: String(process.pid), [labels.host]: hostname() };

/**
 * Starts Mosquitto in a container, on free ports of 127.0.0.1. Removed again by `stop`, by the end of
 * this process, or, if that was killed, by the next start.
 *
 * @throws ConfigurationRefused when it does not start with this setup, EnvironmentProblem when Docker
 *   cannot be used, or no image can be had, or it does not start for another reason
 */
export async function startDocker(setup: MosquittoSetup = ownSetup): Promise<Mosquitto> {
  const problem = await dockerProblem();
  if (problem) throw problem;
  const configuration = setup.configuration({
    path: (file) => `${folder}/${file}`,
    // Without a path it is looked for where the image keeps its libraries.
    dynamicSecurity: "mosquitto_dynamic_security.so",
  });
  try {
    return await startContainer(configuration, setup.files ?? {});
  } catch (error) {
    if (error instanceof EnvironmentProblem) throw error;
    throw new EnvironmentProblem(
      `Docker did not start Mosquitto: ${reason(error)}`,
      whenItDoesNotStart,
      { cause: error },
    );
  }
}

async function startContainer(
  configuration: string,
  filesBeside: Readonly<Record<string, string>>,
): Promise<Mosquitto> {
  // Only now, because loading it takes longer than everything else here.
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import("testcontainers");
  const docker = (await getContainerRuntimeClient()).container.dockerode;
  const [image] = await Promise.all([chooseImage(docker), sweep(docker)]);

  let id: string | undefined;
  class LoopbackContainer extends GenericContainer {
    // testcontainers itself can only publish on the daemon's default address, usually all of them.
    protected override async beforeContainerCreated(): Promise<void> {
      this.hostConfig.PortBindings = Object.fromEntries(
        ports.map((port) => [`${port}/tcp`, [{ HostIp: "127.0.0.1", HostPort: "0" }]]),
      );
    }
    protected override async containerCreated(containerId: string): Promise<void> {
      id = containerId;
      untilExited(docker, containerId, settled.signal).then(hasExited, () => {});
    }
  }
  // One that exits at once has no ports, and testcontainers waits 10 s for them.
  const settled = new AbortController();
  let hasExited = () => {};
  const exited = new Promise<void>((resolve) => {
    hasExited = resolve;
  });
  const log = new StartLog();
  const ports = [...new Set(listenerPorts(configuration))];
  const files = {
    ...filesBeside,
    "mosquitto.conf": moveListeners(configuration, (port) => String(port)),
  };
  const starting = new LoopbackContainer(image)
    .withExposedPorts(...ports)
    .withCopyContentToContainer(
      // Readable for the user that Mosquitto becomes; nobody else is in there.
      Object.entries(files).map(([name, content]) => ({
        content,
        target: `${folder}/${name}`,
        mode: 0o644,
      })),
    )
    .withLabels(ownLabels)
    // No Ryuk, testcontainers' own cleaner: it is one more image to pull, and we clean up ourselves.
    .withAutoCleanup(false)
    .withLogConsumer((stream) => log.read(stream))
    .withWaitStrategy(Wait.forLogMessage(readyLine))
    .withStartupTimeout(startTimeoutMs)
    .start();

  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= (async () => {
      // A signal may come while Docker is still at it; only after that is there something to remove.
      await Promise.race([starting.catch(() => {}), exited]);
      if (id) await remove(docker, id);
    })().finally(unregister);
    return stopping;
  };
  const unregister = onExit(stop, () => id && removeFromOutside(docker, id));

  // testcontainers reads logs through a connection that does not keep a process alive. Without this,
  // one that waits for nothing else would come to its end here, and stop what it is starting.
  const awake = setTimeout(() => {}, startTimeoutMs);
  try {
    const container = await Promise.race([starting, exited.then(() => undefined)]);
    if (container === undefined) throw new Error("Mosquitto has exited");
    const mapped = new Map(ports.map((port) => [port, container.getMappedPort(port)]));
    const name = `Mosquitto ${await log.version} in Docker (${image})`;
    const [first = 0] = mapped.values();
    await checkReachable(first);
    const url = `mqtt://127.0.0.1:${first}`;
    return { kind: "docker", name, url, ports: mapped, stop };
  } catch (error) {
    // Where testcontainers was quicker to remove it, it has passed on what was said.
    const words = (id && (await logOf(docker, id).catch(() => undefined))) || log;
    await stop().catch(() => {});
    await words.whole;
    if (error instanceof EnvironmentProblem || !words.complaint) throw error;
    const said = `${image} says: ${words.complaint}`;
    if (words.errors === "") throw new Error(said, { cause: error });
    const message = `Docker did not start Mosquitto: ${said}`;
    throw new ConfigurationRefused(message, words.errors, whenItDoesNotStart);
  } finally {
    clearTimeout(awake);
    settled.abort();
  }
}

/** Resolves when a container has run and does not any more. Rejects when it is gone, or at the signal. */
async function untilExited(docker: Docker, id: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { State } = await docker.getContainer(id).inspect();
    if (State.Status === "exited" || State.Status === "dead") return;
    await sleep(100, undefined, { signal });
  }
}

/** All that a container has said so far. */
async function logOf(docker: Docker, id: string): Promise<StartLog> {
  const frames = await docker.getContainer(id).logs({ stdout: true, stderr: true });
  const parts: Buffer[] = [];
  // Each with 8 bytes before it, the last 4 of which say how long it is.
  for (let at = 0; at + 8 <= frames.length; ) {
    const end = at + 8 + frames.readUInt32BE(at + 4);
    parts.push(frames.subarray(at + 8, end));
    at = end;
  }
  const log = new StartLog();
  log.read(Readable.from(parts));
  return log;
}

/** Removes the containers of owners that were killed. */
export async function sweep(docker: Docker): Promise<void> {
  const label = [`${labels.host}=${hostname()}`];
  const containers = await docker.listContainers({ all: true, filters: { label } });
  const left = containers.filter(({ Labels }) => !isRunning(Number(Labels[labels.pid])));
  await Promise.all(left.map(({ Id }) => remove(docker, Id)));
}

export async function remove(docker: Docker, id: string): Promise<void> {
  try {
    await docker.getContainer(id).remove({ force: true, v: true });
  } catch (error) {
    // 404: gone already. 409: somebody else is removing it.
    const status = (error as { statusCode?: number }).statusCode;
    if (status !== 404 && status !== 409) throw error;
  }
}

/** For a process that is about to exit: has another one, that outlives it, ask Docker to remove it. */
function removeFromOutside(docker: Docker, id: string): void {
  // Where the daemon is; true of every modem, and missing in its type.
  const { socketPath, host, port } = docker.modem as RequestOptions;
  const path = `/containers/${id}?force=1&v=1`;
  const request = JSON.stringify({ socketPath, host, port, path, method: "DELETE" });
  const script = `require("node:http").request(${request}).on("error", () => {}).end()`;
  spawn(process.execPath, ["-e", script], { detached: true, stdio: "ignore" }).unref();
}

/**
 * Docker may run on another machine, or around the container we are in: then its loopback is not ours.
 * Resolves when the broker has hung up too: a connection that it still counts would take a client's place.
 */
async function checkReachable(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
  } catch {
    throw asEnvironmentProblem(diagnose("dockerElsewhere"));
  }
  const signal = AbortSignal.timeout(startTimeoutMs);
  // Whichever way the line ends, it has ended.
  await once(socket.resume().end(), "close", { signal }).catch(() => {});
  socket.destroy();
}
