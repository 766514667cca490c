// Kills: generalSettings: applies the access rules
// An option that there is not.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function generalSettings(files: right.BrokerFiles, limits: right.Limits): string {
  return right.generalSettings(files, limits).replace("acl_file", "access_file");
}
