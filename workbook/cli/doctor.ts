import type { Finding, Look } from "../doctor/finding.ts";
import { disk, node, packages } from "../doctor/installation.ts";
import { drawRow } from "../rows.ts";
import { exitCodes, runCommand } from "./usage.ts";

/** Each state has its word; the columns that the words take. */
const LABEL = 9;

/** `npm run doctor`: try each part of the environment, and say what works and what to type where not. */
async function doctor(): Promise<number> {
  const findings: Finding[] = [];
  const look = async (looks: readonly Look[]) => {
    for (const one of looks) {
      const finding = await one(findings);
      findings.push(finding);
      print(finding);
    }
  };
  const failed = () => findings.filter(({ state }) => state === "fails").length;

  await look([node, packages, disk]);
  if (failed() === 0) await look(await looksWithPackages());
  console.log();
  if (failed() > 0) {
    console.log("The workbook cannot work before what fails is mended.");
    return exitCodes.environment;
  }
  console.log("The workbook has what it needs. What is missing, it can do without.");
  return exitCodes.fine;
}

/** These need packages, so they are not even loaded where packages are missing. */
async function looksWithPackages(): Promise<Look[]> {
  const { dockerCommand, dockerDaemon, dockerImage } = await import("../doctor/docker.ts");
  const { broker, mosquitto, port1883 } = await import("../doctor/brokers.ts");
  return [dockerDaemon, dockerImage, dockerCommand, mosquitto, port1883, broker];
}

function print({ state, what, next }: Finding): void {
  const width = process.stdout.columns ?? 0;
  console.log(drawRow(state.padEnd(LABEL), what, width));
  if (next) console.log(drawRow(`${" ".repeat(LABEL)}Next: `, next, width));
}

await runCommand(doctor);
