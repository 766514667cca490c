import { relative } from "node:path";
import { root } from "../modules.ts";
import { clients } from "../security/cast.ts";
import { certificateFolder, keepCertificates } from "../security/certificate-folder.ts";
import { UsageError } from "../usage-error.ts";
import { exitCodes, runCommand } from "./usage.ts";

/** `npm run certificates`: make the certificates of lab 7, if they are not there, and say where they are. */
async function certificates(): Promise<number> {
  const [unknown] = process.argv.slice(2);
  if (unknown !== undefined) {
    throw new UsageError(`npm run certificates takes no "${unknown}"`, "npm run certificates");
  }
  const { areNew, until } = await keepCertificates(clients);
  const folder = relative(root, certificateFolder);
  console.log(
    `${areNew ? "Made" : "There are"} the certificates in ${folder}/, good until ${until.toISOString().slice(0, 10)}:`,
  );
  console.log("  authority   signs all others; clients and broker are told to trust it");
  console.log("  broker      for localhost and 127.0.0.1");
  for (const name of clients) console.log(`  ${name.padEnd(11)} a client's`);
  console.log("Each has a .crt, which is public, and a .key, which is its owner's secret.");
  console.log(`To make new ones, delete ${folder}/ and run this again.`);
  return exitCodes.fine;
}

await runCommand(certificates);
