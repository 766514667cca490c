// Kills: analyzeDeliveryGuarantees: MQTT 5: knows what each hop promises
// The subscription's level is taken, even where it is the higher.
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
  const levels = ["at most once", "at least once", "exactly once"] as const;
  return leg.system === "mqtt" ? [first, levels[leg.subscribeQos]] : [first, second];
}
