/**
 * `npm run bench`: how fast the workbook is, each figure beside something to compare it with, measured
 * in the same run. Takes a few minutes.
 */
import { availableParallelism } from "node:os";
import { startEmbedded } from "../../workbook/broker/embedded.ts";
import { findMosquitto, startNative } from "../../workbook/broker/native.ts";
import { measureCommands } from "./commands.ts";
import { measureMemory } from "./memory.ts";
import { measureThroughput } from "./throughput.ts";

const broker = findMosquitto() ? await startNative() : await startEmbedded();
console.log(`${broker.name}, Node ${process.version}, ${availableParallelism()} cores`);
try {
  await measureThroughput(broker.url);
  await measureMemory(broker.url);
} finally {
  await broker.stop();
}
await measureCommands();
