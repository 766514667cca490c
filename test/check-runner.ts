import { CheckRunner } from "../workbook/checks/harness/run-check.ts";

let runner: CheckRunner | undefined;

/** One for the whole process: it has a thread that watches over the main one. */
export function checkRunner(): CheckRunner {
  runner ??= new CheckRunner();
  return runner;
}
