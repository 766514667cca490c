import type { Grading } from "../grade.ts";

/** For programs: all there is to know. */
export function formatJson({ broker, scores }: Grading): string {
  return `${JSON.stringify({ broker, submissions: scores }, null, 2)}\n`;
}
