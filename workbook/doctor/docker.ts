import { execFile } from "node:child_process";
import { findImage } from "../broker/docker-image.ts";
import { dockerProblem } from "../broker/docker-problem.ts";
import type { Finding } from "./finding.ts";

/** The daemon, by the socket that the checks use. */
export async function dockerDaemon(): Promise<Finding> {
  const problem = await dockerProblem();
  if (problem === undefined) return { state: "works", what: "Docker answers" };
  return { state: "missing", what: `Docker: ${problem.message}`, next: problem.next };
}

/** The image from which the checks start Mosquitto. */
export async function dockerImage(): Promise<Finding> {
  const images = await lookForImages();
  if (images === undefined) {
    return { state: "missing", what: "a Mosquitto image: cannot be looked for without Docker" };
  }
  const { here, wanted } = images;
  if (here) return { state: "works", what: `the image ${here} is on this machine` };
  return {
    state: "missing",
    what: `the image ${wanted} is not on this machine yet: Docker fetches it when it is needed`,
    next: `docker pull ${wanted}`,
  };
}

async function lookForImages() {
  if (await dockerProblem()) return undefined;
  const { getContainerRuntimeClient } = await import("testcontainers");
  return findImage((await getContainerRuntimeClient()).container.dockerode);
}

/** The command line, which only people need: the checks talk to the daemon. */
export async function dockerCommand(): Promise<Finding> {
  for (const command of ["docker compose", "docker-compose"]) {
    const version = await versionOf(command);
    if (version === undefined) continue;
    const { here, wanted } = (await lookForImages()) ?? {};
    const choice = here === wanted || here === undefined ? "" : `MOSQUITTO_IMAGE=${here} `;
    const line = `${choice}${command} up -d`;
    return {
      state: "works",
      what: `${command} ${version}: \`${line}\` starts a broker for scripts`,
    };
  }
  return {
    state: "missing",
    what: "docker compose; it would start a broker that stays, and scripts bring their own",
  };
}

function versionOf(command: string): Promise<string | undefined> {
  const [program = "", ...words] = command.split(" ");
  return new Promise((resolve) => {
    execFile(program, [...words, "version"], { timeout: 3000 }, (error, output) => {
      resolve(error ? undefined : output.match(/\d+\.\d+\.\d+/)?.[0]);
    });
  });
}
