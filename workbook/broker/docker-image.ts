import type { ContainerRuntimeClient } from "testcontainers";
import type { EnvironmentProblem } from "../environment-problem.ts";
import { asEnvironmentProblem, diagnose } from "../troubles/diagnosis.ts";

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
  /** What to say where it cannot be pulled. */
  readonly missing: (image: string, why: string) => EnvironmentProblem;
}

const mosquitto = (): ImageSource => ({
  wanted: process.env.MOSQUITTO_IMAGE,
  official: "eclipse-mosquitto:2.1.2-alpine",
  local: "local/mosquitto",
  missing: (image, why) => asEnvironmentProblem(diagnose("dockerNoImage", { image, error: why })),
});

/**
 * Names an image that is on this machine, pulling it if need be: the one that is wanted, if any, else
 * the official one if here, else one built here, else the official one pulled.
 *
 * @throws EnvironmentProblem when it cannot be pulled, or not within 60 s
 */
export async function chooseImage(docker: Docker, source = mosquitto()): Promise<string> {
  const { wanted, here } = await findImage(docker, source);
  if (here === undefined) await pull(docker, wanted, source);
  return here ?? wanted;
}

/** The image that is wanted, and the one that is on this machine and will do. */
export async function findImage(
  docker: Docker,
  source = mosquitto(),
): Promise<{ wanted: string; here: string | undefined }> {
  const wanted = source.wanted || source.official;
  const isHere = await docker
    .getImage(wanted)
    .inspect()
    .then(
      () => true,
      () => false,
    );
  if (isHere) return { wanted, here: wanted };
  if (wanted !== source.official) return { wanted, here: undefined };
  // Whoever built one with a script of ours did so because nothing can be pulled.
  const built = await docker.listImages({ filters: { reference: [source.local] } });
  return { wanted, here: built.sort((a, b) => b.Created - a.Created)[0]?.RepoTags?.[0] };
}

async function pull(docker: Docker, image: string, { missing }: ImageSource): Promise<void> {
  process.stderr.write(`Docker fetches ${image}, this once\n`);
  const abortSignal = AbortSignal.timeout(pullTimeoutMs);
  try {
    const progress = await docker.pull(image, { abortSignal });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    throw missing(
      image,
      abortSignal.aborted ? `not done after ${pullTimeoutMs / 1000} s` : reason(error),
    );
  }
}

/** Docker's own messages start with the HTTP status and may run over several lines. */
export function reason(error: unknown): string {
  return (error as Error).message
    .replace(/^\(.*?\) /, "")
    .replace(/\s+/g, " ")
    .trim();
}
