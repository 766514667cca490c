import type { Grading } from "../grade.ts";
import type { FunctionScore, Score } from "../score.ts";
import { moduleNumber, words } from "./words.ts";

const WIDTH = 80;
/** What fits beside ten modules. */
const NAME_WIDTH = 20;

/** For people: each submission by module and in all, each function by all, and what did not pass. */
export function formatTable({ broker, scores }: Grading): string {
  const parts = [
    drawSubmissions(scores),
    drawFunctions(scores),
    drawProblems(scores),
    `Broker: ${broker}`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function drawSubmissions(scores: readonly Score[]): string {
  const numbers = [...new Set(scores[0]?.functions.map(moduleNumber))];
  const rows = scores.map(({ name, functions, passed, of, unknown }) => [
    shorten(name),
    ...numbers.map((number) => share(functions.filter((each) => moduleNumber(each) === number))),
    `${passed} of ${of}`,
    unknown > 0 ? `${unknown} unknown` : "",
  ]);
  return align([["submission", ...numbers, "passed", ""], ...rows]);
}

/** Of the functions that were judged. */
function share(functions: readonly FunctionScore[]): string {
  const judged = functions.filter(({ grade }) => grade !== "skipped" && grade !== "environment");
  if (judged.length === 0) return "-";
  return `${judged.filter(({ grade }) => grade === "passed").length}/${judged.length}`;
}

function drawFunctions(scores: readonly Score[]): string {
  const rows = (scores[0]?.functions ?? []).map((each, index) => {
    const grades = scores.flatMap(({ functions }) => functions[index]?.grade ?? []);
    const judged = grades.filter((grade) => grade !== "skipped" && grade !== "environment");
    const passed = judged.filter((grade) => grade === "passed").length;
    return [
      `${moduleNumber(each)} ${each.functionName}`,
      judged.length === 0 ? words.skipped : `${passed} of ${judged.length}`,
    ];
  });
  return align([["function", "passed by"], ...rows]);
}

function drawProblems(scores: readonly Score[]): string {
  return scores
    .flatMap(({ name, functions }) => {
      const groups = groupAlike(functions).map(([first, ...others]) => drawGroup(first, others));
      return groups.length === 0 ? [] : [[plain(name), ...groups.flat()].join("\n")];
    })
    .join("\n\n");
}

type Group = readonly [FunctionScore, ...FunctionScore[]];

/** The functions that did not pass; those of a module that have the same reason together. */
function groupAlike(functions: readonly FunctionScore[]): Group[] {
  const groups = new Map<string, Group>();
  for (const each of functions) {
    if (each.grade === "passed" || each.grade === "skipped") continue;
    const key = [each.module, each.grade, reasonOf(each)].join();
    const group = groups.get(key);
    groups.set(key, group ? [...group, each] : [each]);
  }
  return [...groups.values()];
}

function drawGroup(first: FunctionScore, others: readonly FunctionScore[]): string[] {
  const names = [first, ...others].map(({ functionName }) => functionName).join(", ");
  const reason = reasonOf(first);
  return [
    ...wrap(`${moduleNumber(first)} ${words[first.grade]}: ${names}`, "  "),
    ...(reason === "" ? [] : wrap(reason, "     ")),
  ];
}

function reasonOf({ grade, reason, check }: FunctionScore): string {
  if (grade === "todo" || !reason) return "";
  const { headline, got } = reason;
  if (grade !== "wrong" || !check) return headline;
  return `${check}: ${headline}${got ? `; got ${got.split("\n")[0]}` : ""}`;
}

function align(rows: readonly (readonly string[])[]): string {
  const widths =
    rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function shorten(name: string): string {
  const text = plain(name);
  return text.length > NAME_WIDTH ? `${text.slice(0, NAME_WIDTH - 3)}...` : text;
}

/** Some of it is of a submission's making: nothing in it may steer the terminal. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, " ");
}

function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of plain(text).slice(0, 400).split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, indent + line];
}
