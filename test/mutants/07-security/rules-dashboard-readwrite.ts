// Kills: accessRules: lets a dashboard publish nothing
// Without read or write a rule allows both.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function accessRules(tenants: readonly right.Tenant[]): string {
  return right.accessRules(tenants).replaceAll("topic read", "topic");
}
