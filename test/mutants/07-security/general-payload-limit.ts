// Kills: generalSettings: says its largest packet, and takes no larger one
// Limits the payload, and only the payload.
import * as right from "../../../solutions/07-security.ts";

export * from "../../../solutions/07-security.ts";

export function generalSettings(files: right.BrokerFiles, limits: right.Limits): string {
  return right.generalSettings(files, limits).replace("max_packet_size", "message_size_limit");
}
