// Kills: analyzeDeliveryGuarantees: Kafka: knows what each hop promises
// Waiting for all brokers does not tell copies.
import * as right from "../../../solutions/05-protocol-comparison.ts";
import type { Guarantee, Leg } from "../../../workbook/protocols/delivery.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeDeliveryGuarantees: typeof right.analyzeDeliveryGuarantees = (
  path,
  idempotent,
) => {
  const found = right.analyzeDeliveryGuarantees(path, idempotent);
  return { ...found, hops: path.flatMap(mistaken) };
};

function mistaken(leg: Leg): readonly Guarantee[] {
  const { hops } = right.analyzeDeliveryGuarantees([leg], false);
  const [first = "none", second = "none"] = hops;
  return leg.system === "kafka" && leg.acks === "all" ? ["exactly once", second] : [first, second];
}
