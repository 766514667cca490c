// Kills: generateComparisonReport: draws what it found
// The report is drawn and not returned.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const generateComparisonReport: typeof right.generateComparisonReport = (
  measurements,
  analyses,
) => {
  right.generateComparisonReport(measurements, analyses);
  return undefined as unknown as ReturnType<typeof right.generateComparisonReport>;
};
