import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Module, root } from "./modules.ts";

/**
 * Cut an exercise out of its solution: each answer becomes a `Todo`, each helper goes, and all else
 * stays as it is, so that the two cannot drift apart.
 *
 * An answer stands between `// #region answer` and `// #endregion` in the function it answers, or in a
 * method of the class, which may have several; what only answers use stands between `// #region helper`
 * and `// #endregion`.
 *
 * @throws when a region is not closed, or an answer stands in no function
 */
export function cutStub(solution: string, file: string): string {
  const lines: string[] = [];
  let functionName: string | undefined;
  let region: "answer" | "helper" | undefined;
  let skipsBlank = false;
  for (const [index, line] of solution.split("\n").entries()) {
    const complain = (what: string) => new Error(`${file}:${index + 1}: ${what}`);
    if (region !== undefined) {
      if (/^\s*\/\/ #region/.test(line)) throw complain(`a region within the ${region} region`);
      if (!/^\s*\/\/ #endregion/.test(line)) continue;
      // As does the blank line behind one that begins a class.
      skipsBlank = region === "helper" && lines.at(-1)?.endsWith("{") === true;
      region = undefined;
      continue;
    }
    if (skipsBlank && line === "") {
      skipsBlank = false;
      continue;
    }
    skipsBlank = false;
    functionName =
      line.match(/^export (?:(?:async )?function\*?|class) (\w+)/)?.[1] ?? functionName;
    const [, indent = "", kind] = line.match(/^(\s*)\/\/ #region (\w+)$/) ?? [];
    if (kind === undefined) {
      lines.push(line);
    } else if (kind === "answer") {
      if (functionName === undefined)
        throw complain("an answer outside of any exported function or class");
      region = "answer";
      lines.push(`${indent}throw new Todo("${functionName}");`);
    } else if (kind === "helper") {
      region = "helper";
      // The blank line before a helper goes with it.
      if (lines.at(-1) === "") lines.pop();
    } else {
      throw complain(`a region called "${kind}": it is either answer or helper`);
    }
  }
  if (region !== undefined) throw new Error(`${file}: the last ${region} region is not closed`);
  return importTodo(lines).join("\n");
}

/** Put the import of `Todo` behind the last import of the workbook, where the formatter wants it. */
export function importTodo(lines: readonly string[]): string[] {
  const last = lines.findLastIndex((line) => /from "\.\.\/workbook\//.test(line));
  const at = last === -1 ? lines.findLastIndex((line) => /^import .* from /.test(line)) : last;
  return lines.toSpliced(at + 1, 0, 'import { Todo } from "../workbook/todo.ts";');
}

/** The exercise as it is cut from the solution now. */
export function freshStub(module: Module): string {
  return cutStub(readFileSync(join(root, module.solution), "utf8"), module.solution);
}

/** The exercise as it stands in the folder, or `undefined` where it was deleted. */
export function exerciseText(module: Module): string | undefined {
  const path = join(root, module.exercise);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
