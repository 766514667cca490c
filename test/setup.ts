import type { TestProject } from "vitest/node";
import { chooseBroker } from "../workbook/broker/choose.ts";
import { EnvironmentProblem } from "../workbook/environment-problem.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The broker that the checks use, and what it is called. */
    broker: { url: string; name: string };
    /** The answers under test: a folder, or one file. */
    answers: string;
    /** Leave out the other checks of a function once one of them failed. */
    firstProblemOnly: boolean;
    /** Leave out checks that need a Mosquitto of their own, where there is none. */
    mayLackMosquitto?: boolean;
  }
}

/** Before the first check: one broker for all of them, unless whoever started the run brought one. */
export default async function startBroker(
  project: TestProject,
): Promise<(() => Promise<void>) | void> {
  project.provide("answers", process.env.ANSWERS ?? "solutions");
  project.provide("firstProblemOnly", false);
  // All tests need Node and nothing else; a learner's check says instead what to install.
  const { REQUIRE_DOCKER, WORKBOOK_BROKER = "" } = process.env;
  const asked = REQUIRE_DOCKER === "1" || ["docker", "native"].includes(WORKBOOK_BROKER);
  project.provide("mayLackMosquitto", !asked);
  try {
    const { broker, passedOver } = await chooseBroker("check");
    for (const reason of passedOver) console.log(`Note: ${reason}.`);
    console.log(`Broker: ${broker.name}`);
    project.provide("broker", { url: broker.url, name: broker.name });
    return () => broker.stop();
  } catch (error) {
    if (!(error instanceof EnvironmentProblem)) throw error;
    console.error(`\nEnvironment: ${error.message}.\nNext:        ${error.next}`);
    process.exit(3);
  }
}
