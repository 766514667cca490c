import { shortName } from "./columns.ts";
import { describeClose, describeFrame } from "./describe.ts";
import type { Entry } from "./transcript.ts";

/** The sequence diagram as Mermaid text, for documents. */
export function drawMermaid(entries: readonly Entry[]): string {
  const names = [...new Set(entries.map((entry) => entry.connection.name))];
  const ids = new Map(names.map((name, index) => [name, `client${index + 1}`]));
  const left = Math.ceil(names.length / 2);
  const participants = names.map(
    (name) => `participant ${ids.get(name)} as ${escapeText(shortName(name))}`,
  );
  participants.splice(left, 0, "participant broker");
  const lines = entries.flatMap((entry) => {
    const client = ids.get(entry.connection.name);
    if (entry.kind === "opened") return [];
    if (entry.kind === "closed") {
      const words = describeClose(entry);
      return words === undefined ? [] : [`Note over ${client},broker: ${escapeText(words)}`];
    }
    const [from, to] = entry.direction === "to-broker" ? [client, "broker"] : ["broker", client];
    const arrow = entry.fate === "passed" || entry.fate === "delayed" ? "->>" : "-x";
    return [`${from}${arrow}${to}: ${escapeText(describeFrame(entry))} (${entry.size} B)`];
  });
  return ["sequenceDiagram", ...participants, ...lines].join("\n  ");
}

// Mermaid reads these as syntax; it takes them as character codes. A name of blanks is none to it.
function escapeText(text: string): string {
  return text.replace(/[#;:<>{}&%\\`]|^ | $/g, (letter) => `#${letter.codePointAt(0)};`);
}
