import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../../modules.ts";

/** The first line of an error's stack that lies in this file, as `file:line` within the project. */
export function placeIn({ stack = "" }: Error, file: string): string | undefined {
  for (const [, where = "", line] of stack.matchAll(
    /(?:\(|at )((?:file:|[\\/]|[A-Za-z]:).*?):(\d+):\d+\)?$/gm,
  )) {
    const path = where.startsWith("file:") ? fileURLToPath(where.replace(/\?.*$/, "")) : where;
    if (path === file) return `${relative(root, file).split(sep).join("/")}:${line}`;
  }
  return undefined;
}
