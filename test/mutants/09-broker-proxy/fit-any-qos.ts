// Kills: fitTo: lowers the QoS to what the broker allows, and no further
// Does not look at the Maximum QoS.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function fitTo(message: Message, limits: right.Limits): Message | undefined {
  const { maximumQoS: _, ...others } = limits;
  return right.fitTo(message, others);
}
