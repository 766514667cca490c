// Kills: analyzeScalabilityPatterns: knows where order survives
// Messages that leave in order are taken to be handled in order.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeScalabilityPatterns: typeof right.analyzeScalabilityPatterns = (
  pattern,
  teams,
) => {
  const found = right.analyzeScalabilityPatterns(pattern, teams);
  return pattern === "mqtt shared subscription" ? { ...found, inOrder: true } : found;
};
