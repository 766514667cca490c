import { EnvironmentProblem } from "../environment-problem.ts";
import { ConfigurationRefused } from "./configuration-refused.ts";
import type { Mosquitto, MosquittoSetup } from "./mosquitto-setup.ts";
import { findMosquitto, startNative } from "./native.ts";

/**
 * Start a Mosquitto with a setup of its own, beside whatever broker else is there: in Docker, or failing
 * that this machine's own. `WORKBOOK_BROKER` and `REQUIRE_DOCKER` choose as they do elsewhere; only an
 * embedded broker cannot stand in.
 *
 * @throws ConfigurationRefused when Mosquitto will not start with it, EnvironmentProblem when there is none
 */
export async function startMosquitto(setup: MosquittoSetup): Promise<Mosquitto> {
  try {
    return await startWherever(setup);
  } catch (error) {
    if (!(error instanceof ConfigurationRefused)) throw error;
    const { message, complaint } = error;
    throw new ConfigurationRefused(
      message,
      complaint,
      "correct what you wrote: man mosquitto.conf has every option",
    );
  }
}

async function startWherever(setup: MosquittoSetup): Promise<Mosquitto> {
  const { WORKBOOK_BROKER, REQUIRE_DOCKER } = process.env;
  if (WORKBOOK_BROKER === "native") return startNative(setup);
  if (WORKBOOK_BROKER === "docker" || REQUIRE_DOCKER === "1") return startDocker(setup);
  try {
    return await startDocker(setup);
  } catch (error) {
    if (error instanceof ConfigurationRefused || !(error instanceof EnvironmentProblem))
      throw error;
    if (findMosquitto()) return startNative(setup);
    throw new EnvironmentProblem(
      `this needs Mosquitto, and there is none: no mosquitto program, and ${error.message}`,
      "sudo apt install mosquitto, or brew install mosquitto, or start Docker",
    );
  }
}

// testcontainers takes its time to load: only where Docker is wanted.
async function startDocker(setup: MosquittoSetup): Promise<Mosquitto> {
  const docker = await import("./docker.ts");
  return docker.startDocker(setup);
}
