// Kills: deviceListener: lets in nobody without a good certificate
// Like the dashboards: a name and a password.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function deviceListener(files: right.BrokerFiles, maxConnections: number): string {
  return right
    .deviceListener(files, maxConnections)
    .replace(/(cafile|require_certificate|use_identity).*/g, "");
}
