// Kills: generalSettings: asks for the passwords in the file
// The two files in each other's place.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function generalSettings(files: right.BrokerFiles, limits: right.Limits): string {
  return right.generalSettings(
    { ...files, passwords: files.rules, rules: files.passwords },
    limits,
  );
}
