// Kills: verdictOf: any: says no when none ever will
// Never says no.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Policy } from "../../../workbook/proxy/routes.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function verdictOf(
  policy: Policy,
  outcomes: readonly (right.Outcome | undefined)[],
): right.Verdict {
  if (policy === "any" && !outcomes.includes("acknowledged")) return "wait";
  return right.verdictOf(policy, outcomes);
}
