// Kills: fitTo: lowers the QoS to what the broker allows, and no further
// Takes the highest for the right one.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function fitTo(message: Message, limits: right.Limits): Message | undefined {
  const fitted = right.fitTo(message, limits);
  return fitted && { ...fitted, qos: limits.maximumQoS === 0 ? 0 : 1 };
}
