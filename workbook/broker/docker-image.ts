import type { ContainerRuntimeClient } from "testcontainers";
import { EnvironmentProblem } from "../environment-problem.ts";

/** The Docker client that testcontainers itself uses. */
export type Docker = ContainerRuntimeClient["container"]["dockerode"];

const pullTimeoutMs = 60_000;

/** What an image is wanted for, and where it may come from. */
export interface ImageSource {
  /** Somebody's own choice, above all others. */
  readonly wanted: string | undefined;
  readonly official: string;
  /** As a script of ours names those that it builds, without the tag. */
  readonly local: string;
  /** What to type where it cannot be pulled. */
  readonly next: string;
}

const mosquitto = (): ImageSource => ({
  wanted: process.env.MOSQUITTO_IMAGE,
  official: "eclipse-mosquitto:2.1.2-alpine",
  local: "local/mosquitto",
  next: "mosquitto/build-local-image.sh builds one on Debian; or set MOSQUITTO_IMAGE to one you have",
});

/**
 * Names an image that is on this machine, pulling it if need be: the one that is wanted, if any, else
 * the official one if here, else one built here, else the official one pulled.
 *
 * @throws EnvironmentProblem when it cannot be pulled, or not within 60 s
 */
export async function chooseImage(docker: Docker, source = mosquitto()): Promise<string> {
  const wanted = source.wanted || source.official;
  const isHere = await docker
    .getImage(wanted)
    .inspect()
    .then(
      () => true,
      () => false,
    );
  if (isHere) return wanted;
  if (wanted === source.official) {
    // Whoever built one with our script did so because nothing can be pulled.
    const built = await docker.listImages({ filters: { reference: [source.local] } });
    const newest = built.sort((a, b) => b.Created - a.Created)[0]?.RepoTags?.[0];
    if (newest) return newest;
  }
  await pull(docker, wanted, source.next);
  return wanted;
}

async function pull(docker: Docker, image: string, next: string): Promise<void> {
  process.stderr.write(`Docker fetches ${image}, this once\n`);
  const abortSignal = AbortSignal.timeout(pullTimeoutMs);
  try {
    const progress = await docker.pull(image, { abortSignal });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    const why = abortSignal.aborted ? `not done after ${pullTimeoutMs / 1000} s` : reason(error);
    throw new EnvironmentProblem(`Docker cannot pull ${image}: ${why}`, next);
  }
}

/** Docker's own messages start with the HTTP status and may run over several lines. */
export function reason(error: unknown): string {
  return (error as Error).message
    .replace(/^\(.*?\) /, "")
    .replace(/\s+/g, " ")
    .trim();
}
