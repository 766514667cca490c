// Kills: generateComparisonReport: has the promise of the hop that each setting is about
// The whole leg is judged, not the hop.
import * as right from "../../../solutions/05-protocol-comparison.ts";
import { deliveryOptions } from "../../../workbook/protocols/delivery.ts";
import { drawReport } from "../../../workbook/protocols/report/draw.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const generateComparisonReport: typeof right.generateComparisonReport = (
  measurements,
  analyses,
) => {
  const { findings } = right.generateComparisonReport(measurements, analyses);
  const delivery = deliveryOptions.map(
    ({ leg }) => analyses.analyzeDeliveryGuarantees([leg], false).endToEnd,
  );
  return drawReport({ ...findings, delivery });
};
