// Kills: dashboardListener: lets in who has a password, over TLS alone
// The same for everybody: who has a password now needs a certificate too.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function dashboardListener(files: right.BrokerFiles, maxConnections: number): string {
  return right
    .dashboardListener(files, maxConnections)
    .replace("keyfile", `cafile ${files.authority}\nrequire_certificate true\nkeyfile`);
}
