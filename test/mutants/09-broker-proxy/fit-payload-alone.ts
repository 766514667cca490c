// Kills: fitTo: leaves out what is larger than the broker takes
// Counts the payload for the packet.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function fitTo(message: Message, limits: right.Limits): Message | undefined {
  const { maximumPacketSize = Number.POSITIVE_INFINITY, ...others } = limits;
  if (message.payload.length > maximumPacketSize) return undefined;
  return right.fitTo(message, others);
}
