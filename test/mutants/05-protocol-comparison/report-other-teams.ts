// Kills: generateComparisonReport: has every pattern, for the teams of the example
// Other teams than the table says.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const generateComparisonReport: typeof right.generateComparisonReport = (
  measurements,
  analyses,
) => {
  return right.generateComparisonReport(measurements, {
    ...analyses,
    analyzeScalabilityPatterns: (pattern, teams) =>
      analyses.analyzeScalabilityPatterns(pattern, { ...teams, workers: 1 }),
  });
};
