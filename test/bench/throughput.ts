import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openTap } from "../../workbook/wire/tap.ts";
import { median } from "./median.ts";

const generator = fileURLToPath(new URL("generator.ts", import.meta.url));
const ROUNDS = 7;
const MESSAGES = 50_000;
/** How long one round may take, in milliseconds. */
const PATIENCE = 60_000;

/** Messages a second through the tap, beside straight to the broker; one round of each in turn. */
export async function measureThroughput(brokerUrl: string): Promise<void> {
  for (const qos of [0, 1, 2]) {
    const straight: number[] = [];
    const tapped: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      straight.push(await rate(brokerUrl, qos, MESSAGES));
      const tap = await openTap(brokerUrl);
      tapped.push(await rate(tap.url, qos, MESSAGES));
      await tap.close();
    }
    const ratio = median(tapped) / median(straight);
    console.log(
      `tap, QoS ${qos}: ${median(tapped)} messages/s, straight ${median(straight)}: ratio ${ratio.toFixed(2)}`,
    );
  }
}

/** Messages a second that a publisher in another process gets through. */
export async function rate(url: string, qos: number, messages: number): Promise<number> {
  const args = ["--import", "tsx", generator, url, String(qos), String(messages)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: PATIENCE });
  return Number(stdout);
}
