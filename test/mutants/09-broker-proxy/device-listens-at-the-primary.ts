// Kills: ProxiedDevice: listens at all brokers of all routes that overlap
// Asks only the first broker.

import type { ISubscribePacket } from "mqtt-packet";
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override subscribe(packet: ISubscribePacket): void {
    const routes = this.options.routes.map((route) => {
      return { ...route, brokers: [route.brokers[0]] as const };
    });
    const own = this.options;
    Object.assign(this, { options: { ...own, routes } });
    super.subscribe(packet);
    Object.assign(this, { options: own });
  }
}
