// Kills: deviceListener: knows a device by its certificate, whatever it says
// The whole subject, CN= included, is another name.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function deviceListener(files: right.BrokerFiles, maxConnections: number): string {
  return right
    .deviceListener(files, maxConnections)
    .replace("use_identity_as_username", "use_subject_as_username");
}
