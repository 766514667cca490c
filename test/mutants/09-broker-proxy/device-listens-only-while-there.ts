// Kills: ProxiedDevice: keeps what comes while the device is away
// Lets go of the subscriptions with the line.

import type { IConnectPacket } from "mqtt-packet";
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { DeviceLine } from "../../../workbook/proxy/device-line.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override attach(line: DeviceLine, connect: IConnectPacket): void {
    super.attach(line, connect);
    for (const filter of this.filters) {
      for (const leg of this.legs.values()) leg.subscribe(filter, { qos: 1 }, () => {});
    }
  }

  override detach(how: "politely" | "broken"): void {
    super.detach(how);
    for (const filter of this.filters) {
      for (const leg of this.legs.values()) leg.unsubscribe(filter);
    }
  }
}
