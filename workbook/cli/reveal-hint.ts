import { linkFiles } from "../links.ts";
import { lineOfSection, type Module, readLesson } from "../modules.ts";
import { drawLessonText } from "./lesson-text.ts";
import { readProgress, updateProgress } from "./progress-file.ts";

/** The next hint for a function, remembered as shown; `undefined` when all of them were. */
export function revealHint(module: Module, functionName: string): string | undefined {
  const hints = hintsFor(module, functionName);
  const shown = readProgress().hints[functionName] ?? 0;
  const hint = hints[shown];
  if (hint === undefined) return undefined;
  updateProgress((old) => ({ ...old, hints: { ...old.hints, [functionName]: shown + 1 } }));
  const heading = `${functionName}: hint ${shown + 1} of ${hints.length}`;
  return `${heading}\n\n${drawLessonText(hint)}`;
}

/** How many hints for a function were not shown yet. */
export function hintsLeft(module: Module, functionName: string): number {
  const shown = readProgress().hints[functionName] ?? 0;
  return Math.max(0, hintsFor(module, functionName).length - shown);
}

/** What to do when there is no hint left. */
export function withoutHints(module: Module, functionName: string): string {
  const place = `${module.lesson}:${lineOfSection(module, functionName) ?? 1}`;
  return [
    `You have seen all hints for ${functionName}.`,
    `Read them again: ${linkFiles(place)}`,
    `Next: npm run solution ${functionName}`,
  ].join("\n");
}

function hintsFor(module: Module, functionName: string): readonly string[] {
  const { sections } = readLesson(module);
  return sections.find((section) => section.functionName === functionName)?.hints ?? [];
}
