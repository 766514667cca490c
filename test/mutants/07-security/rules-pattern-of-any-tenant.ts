// Kills: accessRules: lets nobody publish into another tenant
// A pattern is for every user, and + for every tenant.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function accessRules(tenants: readonly right.Tenant[]): string {
  return `pattern write +/%u/#\n${right.accessRules(tenants)}`;
}
