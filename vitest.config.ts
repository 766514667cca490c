import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Docker's client remembers what it has once found: this needs a process that nobody else has used. */
const alone = ["test/workbook/troubles/docker-missing.test.ts"];

export default defineConfig({
  test: {
    globalSetup: "test/setup.ts",
    // What answers print is of interest where they fail.
    silent: "passed-only",
    pool: "forks",
    // Tests wait more than they compute.
    maxWorkers: 3 * availableParallelism(),
    projects: [
      {
        test: {
          name: "checks",
          include: ["test/exercises/**/*.test.ts"],
          setupFiles: "test/host-checks.ts",
          isolate: false,
        },
      },
      {
        test: {
          name: "workbook",
          include: ["test/workbook/**/*.test.ts"],
          exclude: alone,
          isolate: false,
        },
      },
      { test: { name: "workbook-alone", include: alone } },
      { test: { name: "commands", include: ["test/commands/*.test.ts"] } },
    ],
  },
});
