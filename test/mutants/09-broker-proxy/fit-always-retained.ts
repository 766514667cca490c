// Kills: fitTo: takes RETAIN off where the broker keeps nothing
// Does not look at Retain Available.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function fitTo(message: Message, limits: right.Limits): Message | undefined {
  const { retainAvailable: _, ...others } = limits;
  return right.fitTo(message, others);
}
