import type { Findings } from "../findings.ts";
import { drawBatchChart } from "./batch-chart.ts";
import { type Column, numbered, type Section, type Table } from "./sections.ts";
import { drawSegmentChart } from "./segment-chart.ts";
import { style } from "./style.ts";
import { escapeText } from "./svg.ts";

/** The report as one page: no scripts, no fonts, no pictures, nothing to be fetched. */
export function toHtml(sections: readonly Section[], findings: Findings): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Four ways to send one reading</title>
<style>
${style}
</style>
</head>
<body>
<main>
<h1>Four ways to send one reading</h1>
<p class="lead">MQTT, RabbitMQ, Kafka and Cloud Pub/Sub: the same reading, published by the real client
libraries, with every byte counted on the line.</p>
${sections.map((section) => drawSection(section, findings)).join("\n")}
</main>
</body>
</html>
`;
}

function drawSection(section: Section, findings: Findings): string {
  const { title, paragraphs, tables, list = [], chart } = section;
  // The crossings stand with their charts.
  const items = chart === "batches" ? [] : list;
  return [
    "<section>",
    `<h2>${escapeText(title)}</h2>`,
    ...paragraphs.map((text) => `<p>${escapeText(text)}</p>`),
    chart === "batches" ? batchCharts(findings) : "",
    chart === "segments" ? `<figure>${drawSegmentChart(findings)}</figure>` : "",
    ...tables.map(drawTable),
    items.length > 0
      ? `<ul>${items.map((item) => `<li>${linked(item)}</li>`).join("\n")}</ul>`
      : "",
    "</section>",
  ]
    .filter(Boolean)
    .join("\n");
}

function batchCharts(findings: Findings): string {
  const figure = (keyed: boolean) => {
    const crossings = numbered(findings)
      .filter((crossing) => crossing.keyed === keyed)
      .map(({ number, text }) => `<li value="${number}">${escapeText(text)}</li>`)
      .join("");
    const title = keyed ? "Many sensors" : "One sensor";
    return `<figure><figcaption>${title}: bytes a reading</figcaption>
${drawBatchChart(findings, keyed)}
<ol>${crossings}</ol></figure>`;
  };
  return `<div class="pair">${figure(false)}${figure(true)}</div>`;
}

function drawTable({ caption, columns, rows }: Table): string {
  const cell = (text: string, column: number) =>
    column === 0
      ? `<th scope="row">${escapeText(text)}</th>`
      : `<td${looks(columns[column])}>${escapeText(text)}</td>`;
  const head = columns
    .map((column) => `<th scope="col"${looks(column)}>${escapeText(column.title)}</th>`)
    .join("");
  return `<h3>${escapeText(caption)}</h3>
<div class="table" role="region" tabindex="0" aria-label="${escapeText(caption)}">
<table aria-label="${escapeText(caption)}">
<thead><tr>${head}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n")}
</tbody></table></div>`;
}

function looks(column: Column | undefined): string {
  if (column?.numeric) return ' class="number"';
  return column?.prose ? ' class="prose"' : "";
}

/** The text with its address, if it ends in one, to be followed. */
function linked(text: string): string {
  return escapeText(text).replace(/https:\/\/\S+$/, (url) => `<a href="${url}">${url}</a>`);
}
