// Kills: analyzeDeliveryGuarantees: Kafka: knows what each hop promises
// Noting the offset before the work loses what fails, it repeats nothing.
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
  if (leg.system !== "kafka" || leg.commit === "transaction") return [first, second];
  return [first, leg.commit === "before" ? "at least once" : "at most once"];
}
