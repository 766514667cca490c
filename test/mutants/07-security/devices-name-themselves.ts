// Kills: deviceListener: knows a device by its certificate, whatever it says
// Looks at the certificate, and then believes the CONNECT.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function deviceListener(files: right.BrokerFiles, maxConnections: number): string {
  return right.deviceListener(files, maxConnections).replace(/use_identity_as_username.*/, "");
}
