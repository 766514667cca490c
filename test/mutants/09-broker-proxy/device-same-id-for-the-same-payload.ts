// Kills: ProxiedDevice: gives all copies of a message one new id
// Takes what looks the same for the same.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override forward(message: Message, decided: (verdict: right.Verdict) => void): void {
    const copyId = `${message.topic} ${message.payload}`;
    for (const leg of this.legs.values()) {
      const { publish } = leg;
      leg.publish = (copy, tell) => publish.call(leg, { ...copy, copyId }, tell);
    }
    super.forward(message, decided);
    for (const leg of this.legs.values()) Reflect.deleteProperty(leg, "publish");
  }
}
