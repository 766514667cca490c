import { describeClose, describeFrame } from "./describe.ts";
import type { Entry } from "./transcript.ts";

/** The sequence diagram as Mermaid text, for documents. */
export function drawMermaid(entries: readonly Entry[]): string {
  const names = [...new Set(entries.map((entry) => entry.connection.name))];
  const id = (name: string) => `client${names.indexOf(name) + 1}`;
  const left = Math.ceil(names.length / 2);
  const participants = names.map((name) => `participant ${id(name)} as ${escapeText(name)}`);
  participants.splice(left, 0, "participant broker");
  const lines = entries.flatMap((entry, index) => {
    const client = id(entry.connection.name);
    if (entry.kind === "opened") return [];
    if (entry.kind === "closed") {
      const words = describeClose(entry, entries.slice(0, index));
      return words === undefined ? [] : [`Note over ${client},broker: ${escapeText(words)}`];
    }
    const [from, to] = entry.direction === "to-broker" ? [client, "broker"] : ["broker", client];
    const arrow = entry.fate === "passed" || entry.fate === "delayed" ? "->>" : "-x";
    return [`${from}${arrow}${to}: ${escapeText(describeFrame(entry))} (${entry.size} B)`];
  });
  return ["sequenceDiagram", ...participants, ...lines].join("\n  ");
}

// Mermaid reads these as syntax; it takes them as character codes.
function escapeText(text: string): string {
  return text.replace(/[#;:<>{}\n\r]/g, (letter) => `#${letter.codePointAt(0)};`);
}
