// Kills: verdictOf: any: says no when none ever will
// Takes the first no for the answer.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Policy } from "../../../workbook/proxy/routes.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function verdictOf(
  policy: Policy,
  outcomes: readonly (right.Outcome | undefined)[],
): right.Verdict {
  const fails = outcomes.some((one) => one !== undefined && one !== "acknowledged");
  if (policy === "any" && fails && !outcomes.includes("acknowledged")) return "refuse";
  return right.verdictOf(policy, outcomes);
}
