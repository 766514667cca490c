// Kills: analyzeScalabilityPatterns: counts who can be busy at once
// More workers than partitions are not all busy.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeScalabilityPatterns: typeof right.analyzeScalabilityPatterns = (
  pattern,
  teams,
) => {
  const found = right.analyzeScalabilityPatterns(pattern, teams);
  return { ...found, working: teams.workers };
};
