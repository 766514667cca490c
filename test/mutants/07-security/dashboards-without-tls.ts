// Kills: dashboardListener: lets in who has a password, over TLS alone
// A password without TLS.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dashboardListener(files: right.BrokerFiles, maxConnections: number): string {
  return right.dashboardListener(files, maxConnections).replace(/(certfile|keyfile).*/g, "");
}
