// Kills: generalSettings: serves nobody who does not say who he is
// What many guides begin with.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function generalSettings(files: right.BrokerFiles, limits: right.Limits): string {
  return right
    .generalSettings(files, limits)
    .replace("allow_anonymous false", "allow_anonymous true");
}
