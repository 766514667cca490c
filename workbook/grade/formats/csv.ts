import type { Grading } from "../grade.ts";
import { moduleNumber, words } from "./words.ts";

/** For spreadsheets (RFC 4180): a row for each submission, a column for each function. */
export function formatCsv({ scores }: Grading): string {
  const functions = scores[0]?.functions ?? [];
  const heading = [
    "submission",
    "passed",
    "of",
    "unknown",
    ...functions.map((each) => `${moduleNumber(each)} ${each.functionName}`),
  ];
  const rows = scores.map((score) => [
    score.name,
    `${score.passed}`,
    `${score.of}`,
    `${score.unknown}`,
    ...score.functions.map(({ grade }) => words[grade]),
  ]);
  return [heading, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(text: string): string {
  // A spreadsheet would take it for a formula, and run it.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
