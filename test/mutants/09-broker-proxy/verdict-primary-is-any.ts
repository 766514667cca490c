// Kills: verdictOf: primary: asks the first alone
// Is content with a secondary.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Policy } from "../../../workbook/proxy/routes.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function verdictOf(
  policy: Policy,
  outcomes: readonly (right.Outcome | undefined)[],
): right.Verdict {
  if (policy === "primary") return right.verdictOf("any", outcomes);
  return right.verdictOf(policy, outcomes);
}
