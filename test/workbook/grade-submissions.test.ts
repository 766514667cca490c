import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readSubmissions } from "../../workbook/grade/submissions.ts";

/** A submission with these files, empty ones. */
function handIn(...files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "workbook-submission-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "exercises"));
  for (const file of files) writeFileSync(join(folder, "exercises", file), "");
  return folder;
}

test("of a whole workbook the modules are graded, and the labs are not", () => {
  const { submissions, notes } = readSubmissions([
    handIn("01-basic-pubsub.ts", "06-resilient-device.ts"),
  ]);
  const [submission] = submissions;
  expect([...(submission?.files.keys() ?? [])]).toEqual(["01-basic-pubsub"]);
  expect([...(submission?.missing.keys() ?? [])]).not.toContain("06-resilient-device");
  expect(notes).toEqual(["the labs are not graded: they need files and other programs"]);
});

test("of labs nothing is said where nobody handed one in", () => {
  expect(readSubmissions([handIn("01-basic-pubsub.ts")]).notes).toEqual([]);
});
