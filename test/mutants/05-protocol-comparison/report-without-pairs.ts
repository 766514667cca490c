// Kills: generateComparisonReport: has every scenario, at the prices of formula and measurement
// The rankings are reported, the combinations are not.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const generateComparisonReport: typeof right.generateComparisonReport = (
  measurements,
  analyses,
) => {
  return right.generateComparisonReport(measurements, {
    ...analyses,
    analyzeUseCaseFit: (scenario, prices) => {
      const { ranking } = analyses.analyzeUseCaseFit(scenario, prices);
      return { ranking };
    },
  });
};
