import type { Section, Table } from "./sections.ts";

const WIDTH = 80;
const GAP = 2;
const INDENT = 4;

/** The report for a terminal of 80 columns, readable without colour. */
export function toTerminal(sections: readonly Section[]): string {
  return sections.map(drawSection).join("\n\n");
}

function drawSection({ title, paragraphs, tables, list = [] }: Section): string {
  const items = list.map((item) => wrap(item, WIDTH - 2).join("\n  "));
  return [
    `${title}\n${"=".repeat(title.length)}`,
    ...paragraphs.map((text) => wrap(text, WIDTH).join("\n")),
    ...tables.map(drawTable),
    ...(items.length > 0 ? [items.join("\n")] : []),
  ].join("\n\n");
}

function drawTable({ caption, columns, rows }: Table): string {
  const shown = columns.flatMap((column, index) => (column.prose ? [] : [{ column, index }]));
  const widths = shown.map(({ column, index }) =>
    Math.max(column.title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    shown
      .map(({ column, index }, at) => {
        const text = cells[index] ?? "";
        const width = widths[at] ?? 0;
        return column.numeric ? text.padStart(width) : text.padEnd(width);
      })
      .join(" ".repeat(GAP))
      .trimEnd();
  // Sentences stand below their row.
  const sentences = (cells: readonly string[]) =>
    columns.flatMap(({ prose, title }, index) => {
      const text = cells[index] ?? "";
      if (prose === undefined) return [];
      return wrap(`${title}: ${text}`, WIDTH - INDENT).map((part) => " ".repeat(INDENT) + part);
    });
  const rule = widths.map((width) => "-".repeat(width)).join(" ".repeat(GAP));
  return [
    ...wrap(caption, WIDTH),
    line(columns.map(({ title }) => title)),
    rule,
    ...rows.flatMap((row) => [line(row), ...sentences(row)]),
  ].join("\n");
}

/** Break at spaces, and within a word that is longer than a line. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(" ")) {
    let rest = current === "" ? word : `${current} ${word}`;
    if (rest.length > width && current !== "") {
      lines.push(current);
      rest = word;
    }
    while (rest.length > width) {
      lines.push(rest.slice(0, width));
      rest = rest.slice(width);
    }
    current = rest;
  }
  return [...lines, current];
}
