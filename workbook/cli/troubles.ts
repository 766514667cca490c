import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../modules.ts";
import { drawPage, pagePath } from "../troubles/page.ts";
import { exitCodes, runCommand } from "./usage.ts";

/** `npm run troubles`: print the page of all troubles; with `-- --write`, write it into docs. */
async function printTroubles(): Promise<number> {
  if (process.argv.includes("--write")) {
    const file = join(root, pagePath);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, drawPage());
  } else {
    process.stdout.write(drawPage());
  }
  return exitCodes.fine;
}

await runCommand(printTroubles);
