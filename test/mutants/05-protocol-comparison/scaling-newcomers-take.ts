// Kills: analyzeScalabilityPatterns: knows what a newcomer gets
// With as many workers as partitions, one more gets none.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeScalabilityPatterns: typeof right.analyzeScalabilityPatterns = (
  pattern,
  teams,
) => {
  const found = right.analyzeScalabilityPatterns(pattern, teams);
  return found.newcomer === "nothing" ? { ...found, newcomer: "parts of others" } : found;
};
