// Kills: deviceListener: takes no more connections than it should
// A limit to be on the safe side keeps the good ones out.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function deviceListener(files: right.BrokerFiles, maxConnections: number): string {
  return right.deviceListener(files, Math.floor(maxConnections / 2));
}
