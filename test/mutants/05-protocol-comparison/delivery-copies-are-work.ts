// Kills: analyzeDeliveryGuarantees: lets an idempotent receiver take copies for one
// The receiver is not asked.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeDeliveryGuarantees: typeof right.analyzeDeliveryGuarantees = (
  path,
  idempotent,
) => {
  const found = right.analyzeDeliveryGuarantees(path, idempotent);
  return { ...found, endToEnd: right.analyzeDeliveryGuarantees(path, false).endToEnd };
};
