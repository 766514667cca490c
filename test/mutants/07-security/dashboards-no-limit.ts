// Kills: dashboardListener: takes no more connections than it should
// As many as there come.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dashboardListener(files: right.BrokerFiles, maxConnections: number): string {
  return right.dashboardListener(files, maxConnections).replace(/max_connections.*/, "");
}
