import { lineOfFunction, type Module, readLesson } from "../modules.ts";
import { paint } from "../paint.ts";
import type { CheckResult, Explanation, Outcome } from "./run-checks.ts";
import type { TypeProblem } from "./type-check.ts";

const LABEL = 11;

/** One function of a module, and how its checks went together. */
export interface FunctionState {
  readonly functionName: string;
  readonly outcome: Outcome;
  /** The first check that did not pass. */
  readonly problem?: CheckResult;
  /** What the broker cannot do, where a check was left out for that. */
  readonly lack?: string;
  /** What its checks have measured, a line each. */
  readonly figures: readonly string[];
}

/** A module's functions in the lesson's order, each with the outcome of all its checks. */
export function functionStates(module: Module, results: readonly CheckResult[]): FunctionState[] {
  const own = results.filter(({ run }) => run.module === module.name);
  const names = readLesson(module).sections.map(({ functionName }) => functionName);
  return names.flatMap((functionName) => {
    const checks = own.filter((result) => result.functionName === functionName);
    if (checks.length === 0) return [];
    const problem = checks.find(({ outcome }) => outcome !== "passed" && outcome !== "skipped");
    const passed = checks.some(({ outcome }) => outcome === "passed");
    const lack = checks.find(({ outcome }) => outcome === "skipped")?.explanation?.headline;
    const state: FunctionState = {
      functionName,
      figures: checks.flatMap(({ figures }) => figures ?? []),
      outcome: problem?.outcome ?? (passed ? "passed" : "skipped"),
      ...(problem && { problem }),
      ...(lack && { lack }),
    };
    return [state];
  });
}

const words: Record<Outcome, string> = {
  passed: "✔ passed",
  todo: "· to do",
  wrong: "✘ not yet",
  broken: "✘ broken",
  environment: "? unknown",
  skipped: "- skipped",
};

const colours: Record<Outcome, (text: string) => string> = {
  passed: paint.green,
  todo: paint.dim,
  wrong: paint.red,
  broken: paint.red,
  environment: paint.yellow,
  skipped: paint.dim,
};

/** The module's title and a line for each of its functions. */
export function drawModule(module: Module, states: readonly FunctionState[], of: number): string {
  const { title, minutes } = readLesson(module);
  const heading = `${module.number} · ${title}`;
  const place = `module ${Number(module.number)} of ${of}, about ${minutes} minutes`;
  const lines = states.flatMap(({ functionName, outcome, lack, figures }) => [
    colours[outcome](`  ${words[outcome].padEnd(LABEL)} ${functionName}`),
    ...(lack ? [paint.dim(drawRow("", `not checked on this broker: ${lack}`, 80))] : []),
    ...figures.map((line) => paint.dim(drawRow("", line, 80))),
  ]);
  return [`${paint.bold(heading)}   ${paint.dim(place)}`, ...lines].join("\n");
}

/** Why a check did not pass: what was expected, what came, where to look, why, and what to do next. */
export function drawProblem(module: Module, result: CheckResult, width = 80): string {
  const { functionName, title, outcome, explanation, output } = result;
  const {
    headline = "",
    expected,
    got,
    why,
    wire,
    lookAt,
    next,
  }: Partial<Explanation> = explanation ?? {};
  const line = lineOfFunction(module.exercise, functionName);
  const place = line === undefined ? module.exercise : `${module.exercise}:${line}`;
  const rows: [string, string | undefined][] =
    outcome === "todo"
      ? [["look at", place]]
      : [
          ["check", title],
          ["expected", expected],
          ["got", got],
          ["why", why],
          ["wire", wire || undefined],
          ["printed", output.trim() || undefined],
          ["look at", outcome === "environment" ? undefined : (lookAt ?? place)],
        ];
  rows.push(["next", next ?? nextStep(module, outcome)]);
  const said = headline.startsWith(functionName) ? headline : `${functionName}: ${headline}`;
  const heading = `${words[outcome].slice(0, 1)} ${said}`;
  return [
    paint.bold(heading),
    ...rows.flatMap(([label, text]) => (text === undefined ? [] : [drawRow(label, text, width)])),
  ].join("\n");
}

function nextStep(module: Module, outcome: Outcome): string {
  if (outcome === "todo") return `read ${module.lesson}, then write it`;
  if (outcome === "environment") return "npm run doctor";
  return `three hints are in ${module.lesson}`;
}

/** A line or two for each error of the compiler. */
export function drawTypeProblems(problems: readonly TypeProblem[]): string {
  return problems
    .map(({ file, line, message, syntax }) => {
      const what = syntax ? "This is not valid TypeScript" : "The types do not fit";
      return `${paint.bold(`✘ ${what}: ${message}`)}\n${drawRow("look at", `${file}:${line}`, 80)}`;
    })
    .join("\n\n");
}

function drawRow(label: string, text: string, width: number): string {
  const indent = " ".repeat(LABEL + 2);
  const lines = text
    .trimEnd()
    .split("\n")
    .flatMap((line) => wrap(line.trimEnd(), width - indent.length));
  const shown =
    lines.length > 30 ? [...lines.slice(0, 30), `and ${lines.length - 30} more lines`] : lines;
  return `  ${paint.dim(label.padEnd(LABEL))}${shown.join(`\n${indent}`)}`;
}

/** Break a line at spaces so that it fits, and indent its rest; a word that is too long stays whole. */
function wrap(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = `  ${word}`;
    } else {
      current = current === "" ? word : `${current} ${word}`;
    }
  }
  return [...lines, current];
}
