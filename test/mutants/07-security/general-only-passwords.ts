// Kills: generalSettings: asks for the passwords in the file
// No rules, no passwords: the certificates will do.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function generalSettings(files: right.BrokerFiles, limits: right.Limits): string {
  return right
    .generalSettings(files, limits)
    .replace(/password_file.*/, "allow_zero_length_clientid false");
}
