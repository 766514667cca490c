// Kills: accessRules: lets nobody publish into another tenant
// The line that makes everything work.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function accessRules(tenants: readonly right.Tenant[]): string {
  return `pattern readwrite #\n${right.accessRules(tenants)}`;
}
