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
  if (await dockerProblem()) {
    return { state: "missing", what: "a Mosquitto image: cannot be looked for without Docker" };
  }
  const { getContainerRuntimeClient } = await import("testcontainers");
  const { here, wanted } = await findImage((await getContainerRuntimeClient()).container.dockerode);
  if (here) return { state: "works", what: `the image ${here} is on this machine` };
  return {
    state: "missing",
    what: `the image ${wanted} is not on this machine yet: Docker fetches it when it is needed`,
    next: `docker pull ${wanted}`,
  };
}

/** The command line, which only people need: the checks talk to the daemon. */
export async function dockerCommand(): Promise<Finding> {
  for (const [program, ...words] of [["docker", "compose"], ["docker-compose"]] as const) {
    const version = await versionOf(program, [...words, "version"]);
    if (version) {
      const command = [program, ...words].join(" ");
      const what = `${command} ${version}: \`${command} up -d\` starts a broker for scripts`;
      return { state: "works", what };
    }
  }
  return {
    state: "missing",
    what: "docker compose; it would start a broker that stays, and scripts bring their own",
  };
}

function versionOf(program: string, words: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, words, { timeout: 3000 }, (error, output) => {
      resolve(error ? undefined : output.match(/\d+\.\d+\.\d+/)?.[0]);
    });
  });
}
