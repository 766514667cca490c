// Kills: ProxiedDevice: listens at all brokers of all routes that overlap
// Asks brokers that have nothing to say.

import type { ISubscribePacket } from "mqtt-packet";
import * as right from "../../../solutions/09-broker-proxy.ts";
import { filtersOverlap } from "../../../workbook/proxy/routes.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override subscribe(packet: ISubscribePacket): void {
    super.subscribe(packet);
    for (const { topic, ...asked } of packet.subscriptions) {
      const overlapping = this.options.routes.filter(({ filter }) => filtersOverlap(filter, topic));
      const names = overlapping.flatMap(({ brokers }) => brokers);
      for (const [name, leg] of this.legs) {
        if (names.length > 0 && !names.includes(name)) leg.subscribe(topic, asked, () => {});
      }
    }
  }
}
