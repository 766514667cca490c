// Kills: Leg: keeps no more than its capacity while there is no line
// Leaves the waiting to the library, which has room for all.

import type { Outcome } from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  override publish(message: Message, tell: (outcome: Outcome) => void): void {
    this.publishNow(message, { message, tell });
  }
}
