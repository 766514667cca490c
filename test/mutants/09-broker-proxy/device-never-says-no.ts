// Kills: ProxiedDevice: says no when the policy cannot be met
// Says nothing where it cannot say yes.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override forward(message: Message, decided: (verdict: right.Verdict) => void): void {
    super.forward(message, (verdict) => {
      if (verdict === "acknowledge") decided(verdict);
    });
  }
}
