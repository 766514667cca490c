import type { TestProject } from "vitest/node";
import { chooseBroker } from "../workbook/broker/choose.ts";
import { drawEnvironmentProblem, EnvironmentProblem } from "../workbook/environment-problem.ts";
import type { Provided } from "./provided.ts";

/** Before the first test: one broker for all of them, unless whoever started the run brought one. */
export default async function startBroker(project: TestProject): Promise<() => Promise<void>> {
  try {
    const { broker, passedOver } = await chooseBroker("check");
    for (const reason of passedOver) console.log(`Note: ${reason}.`);
    console.log(`Broker: ${broker.name}`);
    const provided: Provided["broker"] = { url: broker.url, name: broker.name };
    project.provide("broker", provided);
    return () => broker.stop();
  } catch (error) {
    if (!(error instanceof EnvironmentProblem)) throw error;
    console.error(`\n${drawEnvironmentProblem(error)}`);
    process.exit(3);
  }
}
