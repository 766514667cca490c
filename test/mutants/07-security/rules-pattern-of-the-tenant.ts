// Kills: accessRules: lets nobody publish into another tenant
// A pattern for each tenant is for the users of all tenants.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function accessRules(tenants: readonly right.Tenant[]): string {
  const patterns = tenants.map(({ name }) => `pattern write ${name}/%u/#\n`);
  return patterns.join("") + right.accessRules(tenants);
}
