// Kills: Leg: tells the outcome when the broker has acknowledged
// Takes sent for acknowledged.

import type { Publication } from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override publishNow(fitted: Message, publication: Publication): void {
    super.publishNow(fitted, publication);
    this.answered(publication, "acknowledged");
  }
}
