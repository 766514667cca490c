import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Module, root } from "../modules.ts";
import { importsOf } from "./imports.ts";

/**
 * The headlines in a module's checks that nobody was shown.
 *
 * @param shown all headlines that a learner would have read
 * @param functionName only what stands in the checks of this function
 */
export function unmetMessages(
  module: Module,
  shown: readonly string[],
  functionName?: string,
): string[] {
  return sourcesOf(module)
    .map((text) => (functionName === undefined ? text : blocksOf(text, functionName)))
    .flatMap((text) => [...text.matchAll(/headline:([\s\S]*?)expected:/g)])
    .flatMap(([, text = ""]) => [...text.matchAll(/(["`])((?:\\.|(?!\1)[^\\])+)\1/g)])
    .map(([, , headline = ""]) => headline)
    .filter((headline) => !shown.some((text) => patternOf(headline).test(text)));
}

/** The text of a module's checks, and of what lies beside them that they import. */
function sourcesOf({ checks }: Module): string[] {
  const files = checks.map((file) => join(root, file));
  const beside = files.flatMap((file) =>
    importsOf(file).filter((each) => dirname(each) === dirname(file)),
  );
  return [...new Set([...files, ...beside])].map((file) => readFileSync(file, "utf8"));
}

/** What stands in `describe("functionName", ...)`, each up to the next one. */
function blocksOf(text: string, functionName: string): string {
  const constant = text.match(/^const NAME = "(\w+)"/m)?.[1];
  return text
    .split(/^(?=describe\()/m)
    .filter((block) => {
      const [, quoted, named] = block.match(/^describe\((?:"(\w+)"|(NAME)\b)/) ?? [];
      return (named ? constant : quoted) === functionName;
    })
    .join("\n");
}

/** A headline as it stands in the source, with anything where it has a value put in. */
function patternOf(headline: string): RegExp {
  const parts = headline
    .split(/\$\{[^}]*\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}
