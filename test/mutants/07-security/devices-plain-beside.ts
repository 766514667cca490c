// Kills: deviceListener: lets in nobody without a good certificate
// An old port is left open for old clients.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function deviceListener(files: right.BrokerFiles, maxConnections: number): string {
  return `${right.deviceListener(files, maxConnections)}\nlistener 1883\n`;
}
