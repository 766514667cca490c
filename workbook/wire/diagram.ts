import { paint } from "../paint.ts";
import { describeClose, describeFrame } from "./describe.ts";
import type { Connection, Entry, Frame } from "./transcript.ts";

/** Narrower than this and an arrow has no room for its words. */
const MIN_GAP = 24;
const MAX_GAP = 52;

/**
 * The sequence diagram of what crossed the tap: a column for each client, the broker in the middle.
 * With too many clients for the width, or without a terminal, one line of words for each packet.
 *
 * @param width of the terminal in columns, or 0 where there is none
 */
export function drawDiagram(entries: readonly Entry[], width: number): string {
  const clients = namesOf(entries);
  const gap = Math.min(MAX_GAP, Math.floor((width - 12) / Math.max(1, clients.length)));
  if (gap < MIN_GAP) return listPackets(entries);
  return drawColumns(entries, clients, gap);
}

/** The same in words alone: who to whom, the packet, its bytes on the wire. */
export function listPackets(entries: readonly Entry[]): string {
  const widest = Math.max(0, ...namesOf(entries).map((name) => name.length));
  return entries
    .map((entry, index) => {
      const name = entry.connection.name.padEnd(widest);
      if (entry.kind === "opened") return undefined;
      if (entry.kind === "closed") {
        const words = describeClose(entry, entries.slice(0, index));
        return words && `${name}    broker  ${words}`;
      }
      const arrow = entry.direction === "to-broker" ? "->" : "<-";
      return `${name} ${arrow} broker  ${describeFrame(entry)}, ${entry.size} B`;
    })
    .filter((line) => line !== undefined)
    .join("\n");
}

// Several connections of one client id share its column, as they share its session.
function namesOf(entries: readonly Entry[]): string[] {
  return [...new Set(entries.map((entry) => entry.connection.name))];
}

function drawColumns(entries: readonly Entry[], clients: readonly string[], gap: number): string {
  const left = clients.slice(0, Math.ceil(clients.length / 2));
  const names = [...left, "broker", ...clients.slice(left.length)];
  const start = Math.ceil(Math.max(...names.map((name) => name.length), 6) / 2);
  const at = (name: string) => start + names.indexOf(name) * gap;
  const columns = names.map(at);
  const width = start + (names.length - 1) * gap + start + 1;

  const heading = Array<string>(width).fill(" ");
  for (const name of names) {
    const short = name.length > gap - 2 ? `${name.slice(0, gap - 3)}…` : name;
    const from = Math.max(0, at(name) - Math.floor(short.length / 2));
    for (const [i, letter] of [...short].entries()) heading[from + i] = letter;
  }

  const lines = [paint.bold(heading.join("").trimEnd())];
  for (const [index, entry] of entries.entries()) {
    const row = Array<string>(width).fill(" ");
    for (const column of columns) row[column] = "│";
    const client = at(entry.connection.name);
    if (entry.kind === "frame") {
      drawArrow(row, entry, client, at("broker"));
      lines.push(colour(entry)(row.join("").trimEnd()));
    } else if (entry.kind === "closed") {
      const words = describeClose(entry, entries.slice(0, index));
      if (words === undefined) continue;
      drawClose(row, words, client, at("broker"));
      lines.push(paint.yellow(row.join("").trimEnd()));
    }
  }
  return lines.join("\n");
}

function drawArrow(row: string[], frame: Frame, client: number, broker: number): void {
  const toBroker = frame.direction === "to-broker";
  const [from, to] = toBroker ? [client, broker] : [broker, client];
  const [low, high] = from < to ? [from, to] : [to, from];
  for (let i = low + 1; i < high; i++) row[i] = row[i] === "│" ? "┼" : "─";
  row[from] = from < to ? "├" : "┤";
  const arrived = frame.fate === "passed" || frame.fate === "delayed";
  const head = from < to ? to - 1 : to + 1;
  row[head] = arrived ? (from < to ? "▶" : "◀") : "×";
  const size = ` ${frame.size} B`;
  write(row, ` ${shorten(describeFrame(frame), high - low - 7 - size.length)}${size} `, low, high);
}

function drawClose(row: string[], words: string, client: number, broker: number): void {
  row[client] = "×";
  const [low, high] = client < broker ? [client, broker] : [broker, client];
  write(row, ` ${shorten(words, high - low - 5)} `, low, high);
}

// The packet stands at the beginning, what tells topics apart at the end: leave out the middle.
function shorten(words: string, room: number): string {
  if (words.length <= room) return words;
  const start = Math.ceil((room - 1) * 0.6);
  return `${words.slice(0, start)}…${words.slice(words.length - (room - 1 - start))}`;
}

function write(row: string[], text: string, low: number, high: number): void {
  const from = low + Math.max(1, Math.floor((high - low - text.length) / 2) + 1);
  for (const [i, letter] of [...text].entries()) row[from + i] = letter;
}

function colour(frame: Frame): (text: string) => string {
  if (frame.fate !== "passed" || frame.packet === undefined) return paint.yellow;
  if (frame.type === "publish") return paint.cyan;
  return (text) => text;
}

/** Packets and bytes of each client, both ways, in a line of text each. */
export function countBytes(entries: readonly Entry[]): string {
  const connections = [...new Set<Connection>(entries.map((entry) => entry.connection))];
  return namesOf(entries)
    .map((name) => {
      const own = connections.filter((connection) => connection.name === name);
      const sum = (direction: "to-broker" | "to-client", what: "packets" | "bytes") =>
        own.reduce((total, { counts }) => total + counts[direction][what], 0);
      const sent = `${sum("to-broker", "packets")} packets, ${sum("to-broker", "bytes")} B`;
      const received = `${sum("to-client", "packets")} packets, ${sum("to-client", "bytes")} B`;
      return `${name} sent ${sent} and received ${received}`;
    })
    .join("\n");
}
