// Kills: generalSettings: asks for the passwords in the file
// Lets everybody in, and asks nobody.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function generalSettings(files: right.BrokerFiles, limits: right.Limits): string {
  return right
    .generalSettings(files, limits)
    .replace(/password_file.*/, "")
    .replace("allow_anonymous false", "allow_anonymous true");
}
