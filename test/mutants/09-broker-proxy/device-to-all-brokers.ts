// Kills: ProxiedDevice: publishes to the brokers of the route, and to no other
// Sends everything everywhere.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override forward(message: Message, decided: (verdict: right.Verdict) => void): void {
    const route = right.routeOf(this.options.routes, message.topic);
    for (const [name, leg] of this.legs) {
      if (route && !route.brokers.includes(name)) leg.publish(message, () => {});
    }
    super.forward(message, decided);
  }
}
