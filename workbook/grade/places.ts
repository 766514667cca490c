import { chooseBroker } from "../broker/choose.ts";
import { startNative } from "../broker/native.ts";
import type { Place } from "./grade.ts";
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

/** Each submission in a container without network, with an embedded broker inside. */
export async function containers(): Promise<Place> {
  throw new Error("soon");
}
