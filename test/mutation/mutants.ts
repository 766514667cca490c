import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Instrumenter } from "@stryker-mutator/instrumenter";
import { type Module, root } from "../../workbook/modules.ts";

/** One small change in an answer. */
export interface Change {
  /** The learner's function, or class, that it is in. */
  readonly functionName: string;
  /** The line that it begins in. */
  readonly at: string;
  /** What stands there, and what stands there instead; with single spaces. */
  readonly original: string;
  readonly replacement: string;
}

/** A solution with one small thing changed in an answer, as StrykerJS does it. */
export interface Mutant extends Change {
  /** From 1. */
  readonly line: number;
  /** The whole file. */
  readonly text: string;
}

/** Whether two are the same change: of equal lines in a function, and equal parts of a line, one is as good. */
export function isSame(one: Change, other: Change): boolean {
  return (
    one.functionName === other.functionName &&
    one.at === other.at &&
    one.original === other.original &&
    one.replacement === other.replacement
  );
}

/** All mutants of a module's answers, in the order of the file; not of what its learner is given. */
export async function mutantsOf({ solution }: Module): Promise<Mutant[]> {
  const text = readFileSync(join(root, solution), "utf8");
  const lines = text.split("\n");
  const starts = lines.map((_, index) => lines.slice(0, index).join("\n").length + (index && 1));
  const { mutants } = await new Instrumenter(silent).instrument(
    [{ name: solution, content: text, mutate: answersIn(lines) }],
    { plugins: null, excludedMutations: [], ignorers: [], noHeader: true },
  );
  return mutants.map(({ location: { start, end }, replacement }) => {
    const [from, to] = [start, end].map(({ line, column }) => (starts[line] ?? 0) + column);
    return {
      functionName: functionAt(lines, start.line),
      at: lines[start.line]?.trim() ?? "",
      line: start.line + 1,
      original: inOneLine(text.slice(from, to)),
      replacement: inOneLine(replacement),
      text: text.slice(0, from) + replacement + text.slice(to),
    };
  });
}

/** The regions that a stub leaves out. Lines from 0, as StrykerJS wants them. */
function answersIn(lines: readonly string[]) {
  const at = (pattern: RegExp) =>
    lines.flatMap((line, index) => (pattern.test(line) ? [{ line: index, column: 0 }] : []));
  const ends = at(/\/\/ #endregion/);
  return at(/\/\/ #region/).flatMap((start, index) => {
    const end = ends[index];
    return end === undefined ? [] : [{ start, end }];
  });
}

/** A helper belongs to the function before it, as it does in the stub. */
function functionAt(lines: readonly string[], line: number): string {
  const declaration = /^export (?:(?:async )?function\*?|class) (\w+)/;
  const above = lines.slice(0, line + 1).findLast((each) => declaration.test(each)) ?? "";
  return above.match(declaration)?.[1] ?? "";
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

const no = () => false;
const nothing = () => {};
const silent = {
  isTraceEnabled: no,
  isDebugEnabled: no,
  isInfoEnabled: no,
  isWarnEnabled: no,
  isErrorEnabled: no,
  isFatalEnabled: no,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
};
