/**
 * `npm run bench [-- tap|commands|saving]`: how fast the workbook is, each figure beside something to
 * compare it with, measured in the same run. Takes a few minutes.
 */
import { availableParallelism, loadavg } from "node:os";
import { startEmbedded } from "../../workbook/broker/embedded.ts";
import { onExit } from "../../workbook/broker/lifetime.ts";
import { findMosquitto, startNative } from "../../workbook/broker/native.ts";
import { exitCodes } from "../../workbook/cli/usage.ts";
import { measureCommands } from "./commands.ts";
import { measureMemory } from "./memory.ts";
import { measureSaving } from "./saving.ts";
import { measureThroughput } from "./throughput.ts";

const groups = new Map([
  ["tap", measureTap],
  ["commands", measureCommands],
  ["saving", measureSaving],
]);

const words = process.argv.slice(2);
const [word] = words;
if (words.length > 1 || (word !== undefined && !groups.has(word))) {
  console.error(`npm run bench takes one of ${[...groups.keys()].join(", ")}, or nothing for all.`);
  process.exit(exitCodes.usage);
}

const work = measure();
let isInterrupted = false;
// What is measured is ended then, and so the work ends too: first it puts away what it has made.
onExit(async () => {
  isInterrupted = true;
  await work.catch(() => {});
});
await work.catch((error) => {
  if (!isInterrupted) throw error;
});

async function measure(): Promise<void> {
  console.log(`Node ${process.version}, ${availableParallelism()} cores`);
  for (const [name, measureGroup] of groups) {
    if (word !== undefined && word !== name) continue;
    // Figures of a busy machine mean little.
    console.log(`\n${name}, ${load()} at the start`);
    await measureGroup();
    console.log(`${name}, ${load()} at the end`);
  }
}

function load(): string {
  return `load ${loadavg()[0]?.toFixed(2)}`;
}

async function measureTap(): Promise<void> {
  const broker = findMosquitto() ? await startNative() : await startEmbedded();
  console.log(broker.name);
  try {
    await measureThroughput(broker.url);
    await measureMemory(broker.url);
  } finally {
    await broker.stop();
  }
}
