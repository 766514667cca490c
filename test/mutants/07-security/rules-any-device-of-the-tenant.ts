// Kills: accessRules: lets a device publish under its own name only
// Writes for the whole tenant.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function accessRules(tenants: readonly right.Tenant[]): string {
  return right.accessRules(tenants).replaceAll(/topic write (\w+)\/\w+\/#/g, "topic write $1/#");
}
