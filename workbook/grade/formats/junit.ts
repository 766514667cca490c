import type { Grading } from "../grade.ts";
import type { FunctionScore, Score } from "../score.ts";
import { words } from "./words.ts";

/** For what reads test results: a suite for each submission, a case for each function. */
export function formatJunit({ scores }: Grading): string {
  const suites = scores.map(formatSuite).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="grade">\n${suites}</testsuites>\n`;
}

function formatSuite({ name, functions, passed, of }: Score): string {
  const cases = functions.map(formatCase).join("");
  const counts = `tests="${functions.length}" failures="${of - passed}" errors="0" skipped="${functions.length - of}"`;
  return `  <testsuite name="${escapeXml(name)}" ${counts}>\n${cases}  </testsuite>\n`;
}

function formatCase({ module, functionName, grade, check, reason }: FunctionScore): string {
  const start = `    <testcase classname="${escapeXml(module)}" name="${escapeXml(functionName)}"`;
  if (grade === "passed") return `${start}/>\n`;
  const message = escapeXml([words[grade], check, reason?.headline].filter(Boolean).join(": "));
  // Not an error: that would count against the submission.
  if (grade === "skipped" || grade === "environment") {
    return `${start}><skipped message="${message}"/></testcase>\n`;
  }
  const details = (["expected", "got", "why", "wire", "lookAt"] as const)
    .flatMap((field) => (reason?.[field] ? [`${field}: ${reason[field]}`] : []))
    .join("\n");
  return `${start}><failure type="${words[grade]}" message="${message}">${escapeXml(details)}</failure></testcase>\n`;
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};

function escapeXml(text: string): string {
  return (
    text
      // XML 1.0 has no way at all to write these.
      .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "?")
      .replace(/[&<>"\n]/g, (character) => entities[character] ?? "")
  );
}
