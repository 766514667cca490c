import { paint } from "../paint.ts";
import { cellsOf, shorten, shortName, widthOf } from "./columns.ts";
import { describeClose, describeFrame } from "./describe.ts";
import {
  type Closed,
  type Counts,
  type Direction,
  type Entry,
  type Frame,
  newCounts,
} from "./transcript.ts";

/** Narrower than this and an arrow has no room for its words. */
const MIN_GAP = 34;
const MAX_GAP = 52;
/** Left and right of the outermost columns, for a part of a name. */
const MARGINS = 4;

/**
 * The sequence diagram of what crossed the tap: a column for each client, the broker in the middle.
 * With too many clients for the width, or without a terminal, one line of words for each packet.
 *
 * @param width of the terminal in columns, or 0 where there is none
 */
export function drawDiagram(entries: readonly Entry[], width: number): string {
  const clients = namesOf(entries);
  const gap = Math.min(MAX_GAP, Math.floor((width - MARGINS) / Math.max(1, clients.length)));
  if (gap < MIN_GAP) return listPackets(entries);
  return drawColumns(entries, clients, gap, width);
}

/** The same in words alone: who to whom, the packet, its bytes on the wire. */
export function listPackets(entries: readonly Entry[]): string {
  const widths = namesOf(entries).map((name) => widthOf(shortName(name)));
  const widest = widths.reduce((most, width) => Math.max(most, width), 0);
  return entries
    .map((entry) => listEntry(entry, widest))
    .filter((line) => line !== undefined)
    .join("\n");
}

/**
 * One line of the list, or none for what needs no words.
 *
 * @param nameColumns how wide the names of the list are, so that its arrows stand in one column
 */
export function listEntry(entry: Entry, nameColumns: number): string | undefined {
  const short = shortName(entry.connection.name);
  const name = short + " ".repeat(Math.max(0, nameColumns - widthOf(short)));
  if (entry.kind === "opened") return undefined;
  if (entry.kind === "closed") {
    const words = describeClose(entry);
    return words && `${name}    broker  ${words}`;
  }
  const arrow = entry.direction === "to-broker" ? "->" : "<-";
  return `${name} ${arrow} broker  ${describeFrame(entry)}, ${entry.size} B`;
}

// Several connections of one client id share its column, as they share its session.
function namesOf(entries: readonly Entry[]): string[] {
  return [...new Set(entries.map((entry) => entry.connection.name))];
}

function drawColumns(
  entries: readonly Entry[],
  clients: readonly string[],
  gap: number,
  width: number,
): string {
  const left = Math.ceil(clients.length / 2);
  const names = [...clients.slice(0, left), "broker", ...clients.slice(left)];
  const spare = width - clients.length * gap - 1;
  const margin = (name = "") => Math.min(Math.ceil(widthOf(name) / 2), Math.floor(spare / 2));
  const columns = names.map((_, index) => margin(names[0]) + index * gap);
  const broker = columns[left] ?? 0;
  // Not looked up by "broker": a client may call itself that.
  const columnOf = new Map(
    clients.map((name, index) => [name, columns[index < left ? index : index + 1] ?? 0]),
  );
  const end = (columns.at(-1) ?? 0) + margin(names.at(-1)) + 1;

  const lines = [paint.bold(drawHeading(names, columns, end))];
  for (const entry of entries) {
    const row = Array<string>(end).fill(" ");
    for (const column of columns) row[column] = "│";
    const client = columnOf.get(entry.connection.name) ?? 0;
    if (entry.kind === "frame") {
      drawArrow(row, entry, client, broker);
      lines.push(colour(entry)(row.join("").trimEnd()));
    } else if (entry.kind === "closed" && drawClose(row, entry, client, broker)) {
      lines.push(paint.yellow(row.join("").trimEnd()));
    }
  }
  return lines.join("\n");
}

/** Each name over its column, in no more room than halfway to the next. */
function drawHeading(names: readonly string[], columns: readonly number[], end: number): string {
  const row = Array<string>(end).fill(" ");
  const halfway = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? undefined : Math.floor((a + b) / 2);
  for (const [index, column] of columns.entries()) {
    const from = halfway(columns[index - 1], column) ?? -1;
    const to = halfway(column, columns[index + 1]) ?? end;
    const cells = cellsOf(shorten(names[index] ?? "", to - from - 1));
    const centred = column - Math.floor(cells.length / 2);
    row.splice(Math.min(Math.max(centred, from + 1), to - cells.length), cells.length, ...cells);
  }
  return row.join("").trimEnd();
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
  write(row, ` ${describeFrame(frame, high - low - 5 - size.length)}${size} `, low, high);
}

/** Returns whether there was something to say. */
function drawClose(row: string[], closed: Closed, client: number, broker: number): boolean {
  const words = describeClose(closed);
  if (words === undefined) return false;
  row[client] = "×";
  const [low, high] = client < broker ? [client, broker] : [broker, client];
  write(row, ` ${shorten(words, high - low - 3)} `, low, high);
  return true;
}

function write(row: string[], text: string, low: number, high: number): void {
  const cells = cellsOf(text);
  const from = low + Math.max(1, Math.floor((high - low - cells.length) / 2) + 1);
  row.splice(from, cells.length, ...cells);
}

function colour(frame: Frame): (text: string) => string {
  if (frame.fate !== "passed" || frame.packet === undefined) return paint.yellow;
  if (frame.type === "publish") return paint.cyan;
  return (text) => text;
}

/** Packets and bytes of each client among these entries, both ways, in a line of text each. */
export function countBytes(entries: readonly Entry[]): string {
  const sums = new Map<string, Counts>();
  for (const entry of entries) {
    if (entry.kind !== "frame") continue;
    const { name } = entry.connection;
    const sum = sums.get(name) ?? newCounts();
    sums.set(name, sum);
    sum[entry.direction].packets++;
    sum[entry.direction].bytes += entry.size;
  }
  return [...sums]
    .map(([name, counts]) => `${shortName(name)} ${describeCounts(counts)}`)
    .join("\n");
}

/** e.g. `sent 3 packets, 90 B and received 2 packets, 12 B`, as a client sees it. */
export function describeCounts(counts: Counts): string {
  const words = ({ packets, bytes }: Counts[Direction]) =>
    `${packets} ${packets === 1 ? "packet" : "packets"}, ${bytes} B`;
  return `sent ${words(counts["to-broker"])} and received ${words(counts["to-client"])}`;
}
