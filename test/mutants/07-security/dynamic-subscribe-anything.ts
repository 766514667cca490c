// Kills: dynamicSecurity: refuses a forbidden subscription in the SUBACK
// Like the access rules: grants, and then stays silent.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dynamicSecurity(tenants: readonly right.Tenant[]): string {
  const file = JSON.parse(right.dynamicSecurity(tenants));
  file.defaultACLAccess.subscribe = true;
  return JSON.stringify(file);
}
