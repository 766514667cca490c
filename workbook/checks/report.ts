import { findDeclaration } from "../declarations.ts";
import { linkFiles } from "../links.ts";
import { lineOfFunction, lineOfSection, listModules, type Module, readLesson } from "../modules.ts";
import { paint } from "../paint.ts";
import { wrap } from "../rows.ts";
import { freshStub } from "../stub.ts";
import type { CheckResult, Explanation, Outcome } from "./contract.ts";
import type { FunctionState } from "./function-state.ts";
import type { TypeProblem } from "./type-check.ts";

const LABEL = 11;

/** An outcome in words, so that neither the sign nor the colour is needed. */
export const words: Record<Outcome, string> = {
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

/** A function of a list, with its state before it. */
export function drawState({ functionName, outcome, outdated }: FunctionState): string {
  if (outcome === undefined) return paint.dim(`${"  not checked".padEnd(LABEL)} ${functionName}`);
  const state = colours[outcome](`${words[outcome].padEnd(LABEL)} ${functionName}`);
  return outdated ? `${state}${paint.yellow("  (changed since)")}` : state;
}

/** e.g. `01 · Publish and subscribe   module 1 of 5, about 20 minutes` */
export function drawTitle(module: Module): string {
  const { title, minutes } = readLesson(module);
  const modules = listModules().filter(({ lab }) => !lab).length;
  const place = module.lab ? "lab" : `module ${Number(module.number)} of ${modules}`;
  const heading = paint.bold(`${module.number} · ${title}`);
  return `${heading}   ${paint.dim(`${place}, about ${minutes} minutes`)}`;
}

/** The module's title and a line for each of its functions. */
export function drawModule(module: Module, states: readonly FunctionState[]): string {
  const lines = states.flatMap((state) => {
    const { lack, figures = [] } = state;
    return [
      `  ${drawState(state)}`,
      ...(lack ? [paint.dim(drawRow("", `not checked on this broker: ${lack}`, 80))] : []),
      ...figures.map((line) => paint.dim(drawRow("", line, 80))),
    ];
  });
  return [drawTitle(module), ...lines].join("\n");
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
  const { answers } = result.run;
  const file = answers === "exercises" ? module.exercise : answers;
  const line = lineOfFunction(file, functionName);
  const place = line === undefined ? file : `${file}:${line}`;
  const rows: [string, string | undefined][] =
    outcome === "todo"
      ? [
          ["task", taskOf(module, functionName)],
          ["lesson", `${module.lesson}:${lineOfSection(module, functionName) ?? 1}`],
          ["look at", place],
        ]
      : [
          ["check", title],
          ["expected", expected],
          ["got", got],
          ["why", why],
          ["wire", wire || undefined],
          ["printed", output.trim() || undefined],
          ["look at", outcome === "environment" ? undefined : (lookAt ?? place)],
        ];
  rows.push(["next", next ?? nextStep(functionName, outcome)]);
  const said = headline.startsWith(functionName) ? headline : `${functionName}: ${headline}`;
  const heading = `${words[outcome].slice(0, 1)} ${said}`;
  return [
    paint.bold(heading),
    ...rows.flatMap(([label, text]) => (text === undefined ? [] : [drawRow(label, text, width)])),
  ].join("\n");
}

function nextStep(functionName: string, outcome: Outcome): string {
  if (outcome === "todo") return "read the lesson there, then write it, and save the file";
  if (outcome === "environment") return "npm run doctor";
  // Where a whole file could not be loaded there is no function to give hints for.
  return functionName === "" ? "mend it, and save the file" : `npm run hint ${functionName}`;
}

/** What the comment above a function asks for, in its first paragraph. */
function taskOf(module: Module, functionName: string): string | undefined {
  const stub = freshStub(module);
  const declaration = findDeclaration(stub, functionName);
  const comment = declaration && stub.slice(declaration.start, declaration.end);
  return comment
    ?.match(/\/\*\*([\s\S]*?)(\n\s*\*\s*\n|\*\/)/)?.[1]
    ?.replace(/^\s*\* ?/gm, "")
    .trim()
    .replaceAll("\n", " ");
}

/** A line or two for each error of the compiler. */
export function drawTypeProblems(problems: readonly TypeProblem[]): string {
  return problems
    .filter(
      // Behind the first place that the compiler cannot read, it only guesses.
      ({ file, syntax }, index) =>
        !syntax || index === problems.findIndex((other) => other.syntax && other.file === file),
    )
    .map(({ file, line, message, syntax }) => {
      const what = syntax ? "This is not valid TypeScript" : "The types do not fit";
      return `${paint.bold(`✘ ${what}: ${message}`)}\n${drawRow("look at", `${file}:${line}`, 80)}`;
    })
    .join("\n\n");
}

/** A label and its text beside it, in as many lines as it takes. */
export function drawRow(label: string, text: string, width: number): string {
  const indent = " ".repeat(LABEL + 2);
  const lines = text
    .trimEnd()
    .split("\n")
    .flatMap((line) => wrap(line.trimEnd(), width - indent.length));
  const shown =
    lines.length > 30 ? [...lines.slice(0, 30), `and ${lines.length - 30} more lines`] : lines;
  return `  ${paint.dim(label.padEnd(LABEL))}${linkFiles(shown.join(`\n${indent}`))}`;
}
