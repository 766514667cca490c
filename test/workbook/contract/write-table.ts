/** Prints the table of differences between brokers; with `--write`, puts it into the README. */
import { readFileSync, writeFileSync } from "node:fs";
import { differencesTable, tableIn, withTable } from "./differences.ts";

const file = new URL("../../../README.md", import.meta.url);

if (!process.argv.includes("--write")) {
  console.log(differencesTable());
} else {
  const readme = readFileSync(file, "utf8");
  if (tableIn(readme) === undefined) {
    console.error(
      "README.md has no <!-- differences --> and <!-- /differences --> to write between",
    );
    process.exitCode = 1;
  } else {
    writeFileSync(file, withTable(readme));
  }
}
