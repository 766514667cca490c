import { readFileSync } from "node:fs";
import { join } from "node:path";
import { diffLines } from "diff";
import jsTokens from "js-tokens";
import { findDeclaration, listDeclarations } from "../declarations.ts";
import { linkFiles } from "../links.ts";
import { lineOfFunction, type Module, readLesson, root } from "../modules.ts";
import { paint } from "../paint.ts";
import { exerciseText, freshStub } from "../stub.ts";

/**
 * A learner's answer beside the solution, line by line: `-` before a line of the answer, `+` before a
 * line of the solution, nothing before what they share.
 *
 * @param functionName only this function, with the helpers that it uses
 */
export function drawDifference(module: Module, functionName?: string): string {
  const solution = readFileSync(join(root, module.solution), "utf8");
  const answer = exerciseText(module) ?? "";
  const cut = (source: string) => {
    const plain = source.replace(/^\s*\/\/ #(region|endregion).*\n/gm, "");
    return functionName === undefined ? plain : withHelpers(module, plain, functionName);
  };
  const line = functionName && lineOfFunction(module.solution, functionName);
  const place = linkFiles(line ? `${module.solution}:${line}` : module.solution);
  const [own, theirs] = [cut(answer), cut(solution)];
  if (own === theirs) return `The solution is in ${place}.\nYours is the same, line for line.`;
  return [
    `The solution is in ${place}.`,
    "Your lines have a minus, its lines have a plus:",
    "",
    ...drawLines(own, theirs),
  ].join("\n");
}

/** The code of a function, and of all that it uses and that the exercise did not come with. */
function withHelpers(module: Module, source: string, functionName: string): string {
  const given = new Set([
    ...listDeclarations(freshStub(module)).map(({ name }) => name),
    ...readLesson(module).sections.map((section) => section.functionName),
  ]);
  const helpers = listDeclarations(source).filter(({ name }) => name && !given.has(name));
  const pieces = [findDeclaration(source, functionName)?.code ?? ""];
  // It grows while it is read: a helper may have helpers.
  for (const piece of pieces) {
    const used = identifiers(piece);
    for (const { name = "", code } of helpers) {
      if (used.has(name) && !pieces.includes(code)) pieces.push(code);
    }
  }
  return `${pieces.join("\n\n")}\n`;
}

function identifiers(code: string): Set<string> {
  const names = [...jsTokens(code)].filter(({ type }) => type === "IdentifierName");
  return new Set(names.map(({ value }) => value));
}

function drawLines(answer: string, solution: string): string[] {
  const lines: string[] = [];
  for (const { value, added, removed } of diffLines(answer, solution)) {
    const [sign, colour] = added
      ? ["+", paint.green]
      : removed
        ? ["-", paint.red]
        : [" ", paint.dim];
    for (const line of value.replace(/\n$/, "").split("\n")) {
      const [first = "", ...rest] = foldCode(line, (process.stdout.columns ?? 80) - 4);
      lines.push(
        colour(`  ${sign} ${first}`.trimEnd()),
        ...rest.map((part) => colour(`    ${part}`)),
      );
    }
  }
  return lines;
}

/** Break a line of code at spaces where it is too wide, and indent its rest more than its beginning. */
function foldCode(line: string, width: number): string[] {
  const indent = line.match(/^ */)?.[0] ?? "";
  const at = line.lastIndexOf(" ", width);
  if (line.length <= width || at <= indent.length) return [line];
  return [line.slice(0, at), ...foldCode(`${indent}    ${line.slice(at + 1)}`, width)];
}
