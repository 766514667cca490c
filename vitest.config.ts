import { defineConfig } from "vitest/config";
import { listModules } from "./workbook/modules.ts";

export default defineConfig({
  test: {
    globalSetup: "test/setup.ts",
    // What answers print is of interest where they fail.
    silent: "passed-only",
    // A process for each file: an answer may do anything to the process that it runs in.
    pool: "forks",
    // Checks wait more than they compute.
    maxWorkers: "100%",
    projects: [
      ...listModules().map(({ name, checks }) => ({ test: { name, include: [...checks] } })),
      { test: { name: "workbook", include: ["test/workbook/**/*.test.ts"] } },
      { test: { name: "commands", include: ["test/commands/*.test.ts"] } },
    ],
  },
});
