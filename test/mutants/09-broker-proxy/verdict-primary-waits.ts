// Kills: verdictOf: primary: asks the first alone
// Waits for the secondaries too.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Policy } from "../../../workbook/proxy/routes.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function verdictOf(
  policy: Policy,
  outcomes: readonly (right.Outcome | undefined)[],
): right.Verdict {
  if (policy === "primary" && outcomes.includes(undefined)) return "wait";
  return right.verdictOf(policy, outcomes);
}
