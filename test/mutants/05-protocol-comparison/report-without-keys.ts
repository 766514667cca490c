// Kills: generateComparisonReport: finds where one system becomes cheaper
// Only batches of one sensor are looked at.
import * as right from "../../../solutions/05-protocol-comparison.ts";
import { drawReport } from "../../../workbook/protocols/report/draw.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const generateComparisonReport: typeof right.generateComparisonReport = (
  measurements,
  analyses,
) => {
  const { findings } = right.generateComparisonReport(measurements, analyses);
  return drawReport({ ...findings, crossings: findings.crossings.filter(({ keyed }) => !keyed) });
};
