// Kills: dynamicSecurity: lets a device publish and its dashboard read
// As it looks in JavaScript.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dynamicSecurity(tenants: readonly right.Tenant[]): string {
  return right.dynamicSecurity(tenants).replaceAll('"', "'");
}
