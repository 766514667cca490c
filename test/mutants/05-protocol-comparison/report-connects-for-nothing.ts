// Kills: generateComparisonReport: has every scenario, at the prices of formula and measurement
// The prices leave out what a connection costs.
import * as right from "../../../solutions/05-protocol-comparison.ts";
import { forEachSystem } from "../../../workbook/protocols/systems.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const generateComparisonReport: typeof right.generateComparisonReport = (
  measurements,
  analyses,
) => {
  return right.generateComparisonReport(measurements, {
    ...analyses,
    analyzeUseCaseFit: (scenario, prices) =>
      analyses.analyzeUseCaseFit(scenario, { ...prices, connect: forEachSystem(() => 0) }),
  });
};
