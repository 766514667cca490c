// Kills: analyzeScalabilityPatterns: counts who can be busy at once
// A share group is no consumer group: its members share partitions.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeScalabilityPatterns: typeof right.analyzeScalabilityPatterns = (
  pattern,
  teams,
) => {
  const found = right.analyzeScalabilityPatterns(pattern, teams);
  return pattern === "kafka share group"
    ? right.analyzeScalabilityPatterns("kafka consumer group", teams)
    : found;
};
