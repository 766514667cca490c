import { wrap } from "../rows.ts";

/**
 * A part of a lesson for the terminal: its paragraphs and list items broken anew for this width, all
 * else as it stands.
 */
export function drawLessonText(markdown: string, width = 78): string {
  const blocks = markdown.split(/\n{2,}/).flatMap((block) => {
    const isCode = /^(```| {2,})/.test(block);
    if (isCode) return [block];
    return [
      block
        .split(/\n(?=- )/)
        .flatMap((part) =>
          wrap(part.replace(/\n\s*/g, " "), width, part.startsWith("- ") ? "  " : ""),
        )
        .join("\n"),
    ];
  });
  return blocks.join("\n\n").replaceAll("**", "");
}
