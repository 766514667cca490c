// Kills: analyzeScalabilityPatterns: counts who gets a copy
// Every worker of a shared subscription is given a copy.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeScalabilityPatterns: typeof right.analyzeScalabilityPatterns = (
  pattern,
  teams,
) => {
  const found = right.analyzeScalabilityPatterns(pattern, teams);
  return pattern === "mqtt shared subscription"
    ? { ...found, copies: teams.teams * teams.workers }
    : found;
};
