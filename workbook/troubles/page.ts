import { type TroubleName, troubles } from "./table.ts";

/** Where the page is, from the project's folder. */
export const pagePath = "docs/troubleshooting.md";

/** The titles of the page's parts, each with the row that it begins with. */
const parts: readonly (readonly [TroubleName, string])[] = [
  ["connectionRefused", "Reaching a broker"],
  ["tlsSelfSigned", "TLS"],
  ["refusedVersion", "The broker refuses: the CONNACK"],
  ["clientIdClash", "While connected"],
  ["neverConnected", "The program waits for ever, or ends too soon"],
  ["brokerGone", "The workbook's own broker"],
  ["dockerMissing", "Docker"],
];

const introduction = `# Troubleshooting

What you may see, why, and what to do. The workbook says the same when it happens: in the last lines of a
script, in a check, in \`npm run doctor\`, which tries each part of your environment. When a script waits for
ever, press Ctrl-C: it shows the end of the wire, and says what it waits for.

This page is made by \`npm run troubles -- --write\`. Words in italics stand for what differs.
`;

/** The table of all troubles for people, in Markdown. */
export function drawPage(): string {
  const lines = (Object.keys(troubles) as TroubleName[]).flatMap((name) => {
    const title = parts.find(([first]) => first === name)?.[1];
    const row = drawRow(name);
    return title === undefined ? [row] : [`\n## ${title}\n`, head, row];
  });
  return `${introduction}${lines.join("\n")}\n`;
}

const head = "| You see | Why | What to do |\n| --- | --- | --- |";

/** One row, in Markdown: a lesson may show some of them. */
export function drawRow(name: TroubleName): string {
  const { symptom, cause, next } = troubles[name];
  return `| ${[symptom, cause, next].map(cell).join(" | ")} |`;
}

function cell(text: string): string {
  return text.replace(/\{(\w+)\}/g, "*$1*").replaceAll("|", "\\|");
}
