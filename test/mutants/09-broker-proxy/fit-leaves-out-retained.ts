// Kills: fitTo: takes RETAIN off where the broker keeps nothing
// Leaves the whole message out over its flag.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function fitTo(message: Message, limits: right.Limits): Message | undefined {
  if (message.retain && limits.retainAvailable === false) return undefined;
  return right.fitTo(message, limits);
}
