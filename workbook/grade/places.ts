import { chooseBroker } from "../broker/choose.ts";
import { chooseImage } from "../broker/docker-image.ts";
import { startEmbedded } from "../broker/embedded.ts";
import { startNative } from "../broker/native.ts";
import { EnvironmentProblem } from "../environment-problem.ts";
import type { Place } from "./grade.ts";
import { startContainer } from "./start-container.ts";
import { startProcess } from "./start-process.ts";

/**
 * Each submission in a process of its own, beside the broker that checks take here.
 *
 * @throws EnvironmentProblem when the broker that was asked for cannot be had
 */
export async function processes(): Promise<Place> {
  const { broker: first, passedOver } = await chooseBroker("check");
  for (const reason of passedOver) console.error(`Note: ${reason}.`);
  await first.stop();
  return {
    broker: first.kind,
    startBroker: async () => {
      if (first.kind === "native") return startNative();
      if (first.kind === "docker") {
        const { startDocker } = await import("../broker/docker.ts");
        return startDocker();
      }
      return first;
    },
    packages: "linked",
    start: startProcess,
  };
}

/**
 * Each submission in a container without network, with an embedded broker inside. `GRADE_IMAGE` chooses
 * the image: Node for Linux, as the packages here are.
 *
 * @throws EnvironmentProblem when Docker cannot be used, or no image can be had
 */
export async function containers(): Promise<Place> {
  if (process.platform !== "linux") {
    throw new EnvironmentProblem(
      `the packages here are for ${process.platform}, and a container needs those for Linux`,
      "grade on Linux, in CI for instance; or without --container",
    );
  }
  const { dockerProblem, sweep } = await import("../broker/docker.ts");
  const problem = await dockerProblem();
  if (problem) throw problem;
  const { getContainerRuntimeClient } = await import("testcontainers");
  const docker = (await getContainerRuntimeClient()).container.dockerode;
  const image = await chooseImage(docker, {
    wanted: process.env.GRADE_IMAGE,
    official: "node:22-slim",
    local: "local/node",
    missing: (image, why) =>
      new EnvironmentProblem(
        `Docker cannot pull ${image}: ${why}`,
        "workbook/grade/build-local-image.sh builds one on Debian; or set GRADE_IMAGE to one you have",
      ),
  });
  await sweep(docker);
  return {
    broker: "embedded",
    startBroker: startEmbedded,
    packages: "mounted",
    start: (folder) => startContainer(docker, image, folder),
  };
}
