// Kills: analyzeDeliveryGuarantees: joins two hops to one promise
// The weaker hop is taken for the whole, though both mishaps may come together.
import * as right from "../../../solutions/05-protocol-comparison.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeDeliveryGuarantees: typeof right.analyzeDeliveryGuarantees = (
  path,
  idempotent,
) => {
  const found = right.analyzeDeliveryGuarantees(path, idempotent);
  return found.endToEnd === "none" ? { ...found, endToEnd: "at most once" } : found;
};
