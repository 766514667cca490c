// Kills: analyzeScalabilityPatterns: knows where order survives
// Within a partition a group keeps the order.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeScalabilityPatterns: typeof right.analyzeScalabilityPatterns = (
  pattern,
  teams,
) => {
  const found = right.analyzeScalabilityPatterns(pattern, teams);
  return pattern === "kafka consumer group" ? { ...found, inOrder: false } : found;
};
