// Kills: Leg: sends what the broker takes of a message
// Does not look at the CONNACK.
import type { Message } from "../../../workbook/proxy/message.ts";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override fit(message: Message): Message {
    return message;
  }
}
