import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openTap } from "../../workbook/wire/tap.ts";
import { rate } from "./throughput.ts";

// Otherwise the figure would be garbage not yet collected.
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What the tap holds after a hundred thousand packets and after a million. */
export async function measureMemory(brokerUrl: string): Promise<void> {
  const tap = await openTap(brokerUrl);
  const before = held();
  await rate(tap.url, 0, 100_000);
  const early = held() - before;
  await rate(tap.url, 0, 900_000);
  const late = held() - before;
  const { packets } = tap.transcript.counts["to-broker"];
  await tap.close();
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  console.log(`tap, memory: ${mib(late)} after ${packets} packets, ${mib(early)} after 100000`);
}

function held(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
