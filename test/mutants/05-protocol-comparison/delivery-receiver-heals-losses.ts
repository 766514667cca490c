// Kills: analyzeDeliveryGuarantees: lets an idempotent receiver take copies for one
// Knowing copies does not bring back what is lost.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeDeliveryGuarantees: typeof right.analyzeDeliveryGuarantees = (
  path,
  idempotent,
) => {
  const found = right.analyzeDeliveryGuarantees(path, idempotent);
  return idempotent ? { ...found, endToEnd: "exactly once" } : found;
};
