// Kills: fitTo: leaves the message itself as it is
// Builds a new message out of what it thinks of.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export function fitTo(message: Message, limits: right.Limits): Message | undefined {
  const fitted = right.fitTo(message, limits);
  if (fitted === undefined) return undefined;
  const { topic, payload, qos, retain, properties } = fitted;
  return { topic, payload, qos, retain, properties, copyId: undefined };
}
