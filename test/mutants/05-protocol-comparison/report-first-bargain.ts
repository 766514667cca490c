// Kills: generateComparisonReport: finds where one system becomes cheaper
// The first size that is cheaper is taken, though it does not stay so.
import * as right from "../../../solutions/05-protocol-comparison.ts";
import { comparedMeasurement } from "../../../workbook/protocols/measure.ts";
import { drawReport } from "../../../workbook/protocols/report/draw.ts";
import type { System } from "../../../workbook/protocols/systems.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const generateComparisonReport: typeof right.generateComparisonReport = (
  measurements,
  analyses,
) => {
  const { findings } = right.generateComparisonReport(measurements, analyses);
  const crossings = findings.crossings.map((crossing) => {
    const bytes = (system: System) =>
      comparedMeasurement(measurements, system).batches.filter(
        (one) => one.keyed === crossing.keyed,
      );
    const before = bytes(crossing.before);
    const first = bytes(crossing.after).find(
      ({ publish, count }) => publish < (before[count - 1]?.publish ?? 0),
    );
    return { ...crossing, count: first?.count ?? crossing.count };
  });
  return drawReport({ ...findings, crossings });
};
