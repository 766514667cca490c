import type { TestProject } from "vitest/node";
import { chooseBroker } from "../workbook/broker/choose.ts";
import { drawEnvironmentProblem, EnvironmentProblem } from "../workbook/environment-problem.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The broker that the checks use, and what it is called. */
    broker: { url: string; name: string };
    /** The answers under test: a folder, or one file. */
    answers: string;
    /** Leave out the other checks of a function once one of them failed. */
    firstProblemOnly: boolean;
    /** With what the checks seal their verdicts. */
    seal: string;
    /** The answers are somebody's whom nobody vouches for. */
    confined: boolean;
    /** The width of the terminal that a check's diagram is drawn for, or 0 where there is none. */
    columns: number;
    /** Leave out checks that need a Mosquitto of their own, where there is none. */
    mayLackMosquitto?: boolean;
  }
  interface TaskMeta {
    seal?: string;
    /** What crossed the wire in a check. */
    diagram?: string;
    /** What a check that passed has measured. */
    figures?: string;
  }
}

/** Before the first check: one broker for all of them, unless whoever started the run brought one. */
export default async function startBroker(
  project: TestProject,
): Promise<(() => Promise<void>) | void> {
  project.provide("answers", process.env.ANSWERS ?? "solutions");
  project.provide("firstProblemOnly", false);
  project.provide("columns", 0);
  project.provide("seal", "");
  project.provide("confined", false);
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
    console.error(`\n${drawEnvironmentProblem(error)}`);
    process.exit(3);
  }
}
