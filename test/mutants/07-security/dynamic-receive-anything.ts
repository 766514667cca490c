// Kills: dynamicSecurity: refuses a forbidden subscription in the SUBACK
// All that no rule mentions is open for reading.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dynamicSecurity(tenants: readonly right.Tenant[]): string {
  const file = JSON.parse(right.dynamicSecurity(tenants));
  file.defaultACLAccess.subscribe = true;
  file.defaultACLAccess.publishClientReceive = true;
  return JSON.stringify(file);
}
