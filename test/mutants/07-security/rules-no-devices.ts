// Kills: accessRules: lets a device publish and its dashboard read
// The dashboards read, and nobody may write.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function accessRules(tenants: readonly right.Tenant[]): string {
  return right.accessRules(tenants).replaceAll("topic write", "topic deny");
}
