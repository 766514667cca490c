// Kills: generalSettings: keeps so many messages for who is away
// Leaves it at what Mosquitto allows by itself.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function generalSettings(files: right.BrokerFiles, limits: right.Limits): string {
  return right.generalSettings(files, limits).replace(/max_queued_messages.*/, "");
}
