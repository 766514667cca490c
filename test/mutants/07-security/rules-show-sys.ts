// Kills: accessRules: shows a dashboard its own tenant, and no more
// How many others there are, and what they do.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function accessRules(tenants: readonly right.Tenant[]): string {
  return `${right.accessRules(tenants)}\npattern read $SYS/#\n`;
}
