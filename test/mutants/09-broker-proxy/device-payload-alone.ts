// Kills: ProxiedDevice: publishes to the brokers of the route, and to no other
// Passes on the topic and the payload.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override forward(message: Message, decided: (verdict: right.Verdict) => void): void {
    super.forward({ ...message, retain: false, properties: {} }, decided);
  }
}
