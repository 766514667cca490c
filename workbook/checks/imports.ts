import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** The files of the project that a file imports itself, or starts as a process, as absolute paths. */
export function importsOf(file: string): string[] {
  return namedIn(file).filter((path) => path.endsWith(".ts"));
}

/** These files, all that they import, and so on, and what all of them read from beside themselves. */
export function closureOf(files: readonly string[]): string[] {
  const found = new Set(files);
  // A set hands out what is added while it is walked through.
  for (const file of found) {
    if (/\.[jt]s$/.test(file)) for (const each of namedIn(file)) found.add(each);
  }
  return [...found].sort();
}

function namedIn(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const specifiers = [
    ...text.matchAll(/\bfrom\s+"(\.[^"]+)"/g),
    ...text.matchAll(/\bimport\s*\(?\s*"(\.[^"]+)"/g),
    ...text.matchAll(/new URL\(\s*"([^"]+)",\s*import\.meta\.url/g),
  ];
  const paths = specifiers.map(([, path = ""]) => resolve(dirname(file), path));
  // Code in a text, which is written to somewhere else, imports what is not here.
  return [...new Set(paths)].filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}
