import type { Section, Table } from "./sections.ts";

/** The report as Markdown, for a repository or a ticket. */
export function toMarkdown(sections: readonly Section[]): string {
  return `${["# Four ways to send one reading", ...sections.map(drawSection)].join("\n\n")}\n`;
}

function drawSection({ title, paragraphs, tables, list = [] }: Section): string {
  const items = list.map((item) => (/^\d+\. /.test(item) ? item : `- ${item}`));
  return [
    `## ${title}`,
    ...paragraphs,
    ...tables.map(drawTable),
    ...(items.length > 0 ? [items.join("\n")] : []),
  ].join("\n\n");
}

function drawTable({ caption, columns, rows }: Table): string {
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    `${caption}:`,
    "",
    row(columns.map(({ title }) => title)),
    row(columns.map(({ numeric }) => (numeric ? "---:" : "---"))),
    ...rows.map(row),
  ].join("\n");
}
