import type { Findings, Report } from "../findings.ts";
import { toHtml } from "./html.ts";
import { toMarkdown } from "./markdown.ts";
import { sectionsOf } from "./sections.ts";
import { toTerminal } from "./terminal.ts";

/** Lay the findings out in all three forms. */
export function drawReport(findings: Findings): Report {
  const sections = sectionsOf(findings);
  return {
    findings,
    terminal: toTerminal(sections),
    markdown: toMarkdown(sections),
    html: toHtml(sections, findings),
  };
}
