// Kills: analyzeDeliveryGuarantees: MQTT 5: knows what each hop promises
// The publisher's level is taken for both hops.
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
  return leg.system === "mqtt" ? [first, first] : [first, second];
}
