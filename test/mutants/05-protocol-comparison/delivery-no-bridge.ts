// Kills: analyzeDeliveryGuarantees: knows what a bridge adds
// Exact hops are taken for an exact path.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeDeliveryGuarantees: typeof right.analyzeDeliveryGuarantees = (
  path,
  idempotent,
) => {
  const found = right.analyzeDeliveryGuarantees(path, idempotent);
  const exact = found.hops.every((hop) => hop === "exactly once");
  return exact ? { ...found, endToEnd: "exactly once" } : found;
};
