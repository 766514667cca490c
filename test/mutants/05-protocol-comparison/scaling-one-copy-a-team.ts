// Kills: analyzeScalabilityPatterns: counts who gets a copy
// Plain subscribers are taken for a team.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeScalabilityPatterns: typeof right.analyzeScalabilityPatterns = (
  pattern,
  teams,
) => {
  const found = right.analyzeScalabilityPatterns(pattern, teams);
  return { ...found, copies: teams.teams };
};
