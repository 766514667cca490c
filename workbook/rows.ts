/** Text in rows for the screen: a word that says what it is, and beside it the text. */

export type Row = readonly [label: string, text: string | undefined];

/**
 * The rows that have a text, the texts in one column.
 *
 * @param width of the terminal in columns; 0 where there is none, and lines are as long as they are
 */
export function drawRows(rows: readonly Row[], width: number): string {
  const shown = rows.filter((row): row is readonly [string, string] => Boolean(row[1]));
  const labelWidth = Math.max(...shown.map(([label]) => label.length)) + 1;
  return shown.map(([label, text]) => drawRow(label.padEnd(labelWidth), text, width)).join("\n");
}

/** One row. Lines after the first are indented by the width of the label. */
export function drawRow(label: string, text: string, width: number): string {
  const room = width > 0 ? Math.max(20, width - label.length) : Number.POSITIVE_INFINITY;
  const lines = text.split("\n").flatMap((line) => wrap(line, room));
  return label + lines.join(`\n${" ".repeat(label.length)}`);
}

/** Break a line at spaces so that it fits, and indent its rest; a word that is too long stays whole. */
export function wrap(line: string, width: number, indent = "  "): string[] {
  if (line.length <= width) return [line];
  const lines: string[] = [];
  let current = "";
  const [lead = ""] = line.match(/^ */) ?? [];
  for (const word of line.slice(lead.length).split(" ")) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = `${indent}${word}`;
    } else {
      current = current === "" ? lead + word : `${current} ${word}`;
    }
  }
  return [...lines, current];
}

/** The width of the terminal that errors go to, or 0 where there is none. */
export function screenWidth(): number {
  return process.stderr.columns ?? 0;
}
