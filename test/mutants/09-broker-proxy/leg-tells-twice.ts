// Kills: Leg: drops what waits when it is closed
// Hears the library's own word for it, too.
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class Leg extends LegInParts {
  override close(): void {
    for (const one of this.unanswered) one.tell("dropped");
    super.close();
  }
}
