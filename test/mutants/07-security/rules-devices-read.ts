// Kills: accessRules: shows a device nothing of the others
// A device need not know what its neighbours report.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function accessRules(tenants: readonly right.Tenant[]): string {
  return right.accessRules(tenants).replaceAll(/(topic write (\w+)\/.*)/g, "$1\ntopic read $2/#");
}
