// Kills: dynamicSecurity: lets nobody publish what is not his
// By default anybody may publish.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dynamicSecurity(tenants: readonly right.Tenant[]): string {
  const file = JSON.parse(right.dynamicSecurity(tenants));
  file.defaultACLAccess.publishClientSend = true;
  return JSON.stringify(file);
}
