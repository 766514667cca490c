import type { ContainerRuntimeClient } from "testcontainers";
import { asEnvironmentProblem, diagnose } from "../troubles/diagnosis.ts";

/** The Docker client that testcontainers itself uses. */
export type Docker = ContainerRuntimeClient["container"]["dockerode"];

const official = "eclipse-mosquitto:2.1.2-alpine";
const pullTimeoutMs = 60_000;

/**
 * Names a Mosquitto image that is on this machine, pulling it if need be: MOSQUITTO_IMAGE if set, else
 * the official one if here, else one built here, else the official one pulled.
 *
 * @throws EnvironmentProblem when it cannot be pulled, or not within 60 s
 */
export async function chooseImage(docker: Docker): Promise<string> {
  const { wanted, here } = await findImage(docker);
  if (here === undefined) await pull(docker, wanted);
  return here ?? wanted;
}

/** The image that is wanted, and the one that is on this machine and will do. */
export async function findImage(
  docker: Docker,
): Promise<{ wanted: string; here: string | undefined }> {
  const wanted = process.env.MOSQUITTO_IMAGE || official;
  const isHere = await docker
    .getImage(wanted)
    .inspect()
    .then(
      () => true,
      () => false,
    );
  if (isHere) return { wanted, here: wanted };
  if (wanted !== official) return { wanted, here: undefined };
  // Whoever built one with mosquitto/build-local-image.sh did so because nothing can be pulled.
  const built = await docker.listImages({ filters: { reference: ["local/mosquitto"] } });
  return { wanted, here: built.sort((a, b) => b.Created - a.Created)[0]?.RepoTags?.[0] };
}

async function pull(docker: Docker, image: string): Promise<void> {
  process.stderr.write(`Docker fetches ${image}, this once\n`);
  const abortSignal = AbortSignal.timeout(pullTimeoutMs);
  try {
    const progress = await docker.pull(image, { abortSignal });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    const why = abortSignal.aborted ? `not done after ${pullTimeoutMs / 1000} s` : reason(error);
    throw asEnvironmentProblem(diagnose("dockerNoImage", { image, error: why }));
  }
}

/** Docker's own messages start with the HTTP status and may run over several lines. */
export function reason(error: unknown): string {
  return (error as Error).message
    .replace(/^\(.*?\) /, "")
    .replace(/\s+/g, " ")
    .trim();
}
