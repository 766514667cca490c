// Kills: Leg: tells the outcome when the broker has acknowledged
// Thinks that on a line without traffic nothing can happen.

import type { Publication } from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  protected override publishNow(fitted: Message, publication: Publication): void {
    const isQuiet = this.unanswered.size === 0 && this.backlog.size === 0;
    super.publishNow(fitted, publication);
    if (isQuiet) this.answered(publication, "acknowledged");
  }
}
