// Kills: dashboardListener: lets in who has a password, over TLS alone
// An old port is left open for old clients.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dashboardListener(files: right.BrokerFiles, maxConnections: number): string {
  return `${right.dashboardListener(files, maxConnections)}\nlistener 1883\n`;
}
