// Kills: generateComparisonReport: has the overhead of the reading, at the measured costs
// A batch is taken where the reading is asked for.
import * as right from "../../../solutions/05-protocol-comparison.ts";
import { reading } from "../../../workbook/protocols/batch.ts";
import { connectionCosts } from "../../../workbook/protocols/measure.ts";
import { drawReport } from "../../../workbook/protocols/report/draw.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const generateComparisonReport: typeof right.generateComparisonReport = (
  measurements,
  analyses,
) => {
  const { findings } = right.generateComparisonReport(measurements, analyses);
  const overhead = analyses.analyzeOverhead(
    { ...reading, count: 100 },
    connectionCosts(measurements),
  );
  return drawReport({ ...findings, overhead });
};
