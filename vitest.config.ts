import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { listModules } from "./workbook/modules.ts";

/** They leave their process as it was, so that it may serve the next file, too. */
const tidy = ["test/workbook/{wire,protocols,troubles}/**/*.test.ts"];

export default defineConfig({
  test: {
    globalSetup: "test/setup.ts",
    // What answers print is of interest where they fail.
    silent: "passed-only",
    pool: "forks",
    // Tests wait more than they compute.
    maxWorkers: 2 * availableParallelism(),
    projects: [
      ...listModules().map(({ name, checks }) => ({
        test: { name, include: [...checks], setupFiles: "test/host-checks.ts" },
      })),
      { test: { name: "workbook", include: ["test/workbook/**/*.test.ts"], exclude: tidy } },
      { test: { name: "workbook-tidy", include: tidy, isolate: false } },
      { test: { name: "commands", include: ["test/commands/*.test.ts"] } },
    ],
  },
});
