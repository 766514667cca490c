// Kills: verdictOf: all: says no as soon as one never will
// Waits for the others although it is decided.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Policy } from "../../../workbook/proxy/routes.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function verdictOf(
  policy: Policy,
  outcomes: readonly (right.Outcome | undefined)[],
): right.Verdict {
  if (policy === "all" && outcomes.includes(undefined)) return "wait";
  return right.verdictOf(policy, outcomes);
}
