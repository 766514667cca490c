import { join } from "node:path";
import { pathToFileURL } from "node:url";
import supportsHyperlinks from "supports-hyperlinks";
import { root } from "./modules.ts";

// VS Code and its relatives find `file:line` by themselves, and open it at the line.
const wanted = supportsHyperlinks.stdout && process.env.TERM_PROGRAM !== "vscode";

/**
 * Make the project's files in a text into links, on a terminal that has links (the escape sequence
 * OSC 8). The line is the link's fragment, for the terminals that hand it on to an editor.
 */
export function linkFiles(text: string): string {
  if (!wanted) return text;
  return text.replace(/\b(exercises|solutions)\/[\w-]+\.(ts|md)(:\d+)?/g, (place) => {
    const [file = "", line] = place.split(":");
    const { href } = pathToFileURL(join(root, file));
    return `\u001B]8;;${href}${line ? `#${line}` : ""}\u0007${place}\u001B]8;;\u0007`;
  });
}
