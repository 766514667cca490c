import { readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

const checkFiles = readdirSync("test/exercises").filter((name) => name.endsWith(".test.ts"));

export default defineConfig({
  test: {
    globalSetup: "test/setup.ts",
    // What answers print is of interest where they fail.
    silent: "passed-only",
    // A process for each file: an answer may do anything to the process that it runs in.
    pool: "forks",
    projects: [
      ...checkFiles.map((file) => ({
        test: { name: file.replace(".test.ts", ""), include: [`test/exercises/${file}`] },
      })),
      { test: { name: "workbook", include: ["test/workbook/**/*.test.ts"] } },
    ],
  },
});
