import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { listModules, root } from "../modules.ts";
import { paint } from "../paint.ts";
import type { Analyses, Report } from "../protocols/findings.ts";
import { startLiveServers } from "../protocols/live.ts";
import { type Measurement, measureAll, type Servers } from "../protocols/measure.ts";
import { serversFromEnvironment, variables } from "../protocols/servers.ts";
import { UsageError } from "../usage-error.ts";
import { exitCodes, runCommand } from "./usage.ts";

const usage = `npm run compare [-- --live]
Measures how MQTT, RabbitMQ, Kafka and Cloud Pub/Sub carry the same reading, prints the report and saves
it as comparison.md and comparison.html.
  --live   starts RabbitMQ, Kafka and the Pub/Sub emulator in Docker, where their images can be had
Servers of your own are measured when you say where they are: ${Object.values(variables).join(", ")},
each as host:port. What is not there is measured against a fake, and the report says so.`;

/** What the module of the comparison exports. */
type Comparison = Analyses & {
  generateComparisonReport(measurements: readonly Measurement[], analyses: Analyses): Report;
};

/** `npm run compare [-- --live]`: measure, print the report, and save it for a repository and a browser. */
async function compare(): Promise<number> {
  const { live, help } = readOptions();
  if (help) {
    console.log(usage);
    return exitCodes.fine;
  }
  let servers: Servers = serversFromEnvironment(process.env);
  const { started, notes, stop } = live
    ? await startLiveServers(servers)
    : { started: {}, notes: [], stop: async () => {} };
  try {
    for (const note of notes) console.log(paint.dim(`Note: ${note}.`));
    servers = { ...started, ...servers };
    const measurements = await measureAll(servers);
    // Loaded as the answers of any module are: the workbook itself depends on none.
    const module = listModules().find(({ name }) => name === "05-protocol-comparison");
    if (module === undefined) throw new Error("there is no module 05-protocol-comparison");
    const answers: Comparison = await import(pathToFileURL(join(root, module.solution)).href);
    const report = answers.generateComparisonReport(measurements, answers);
    console.log(report.terminal);
    writeFileSync(join(root, "comparison.md"), report.markdown);
    writeFileSync(join(root, "comparison.html"), report.html);
    console.log("\nSaved as comparison.md, and with charts as comparison.html");
    return exitCodes.fine;
  } finally {
    await stop();
  }
}

function readOptions(): { live: boolean; help: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        live: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    // Node's message goes on about positional arguments, which this command has none of.
    const [first = ""] = (error as Error).message.split(/[.\n]/);
    throw new UsageError(first, "npm run compare -- --help");
  }
}

await runCommand(compare);
