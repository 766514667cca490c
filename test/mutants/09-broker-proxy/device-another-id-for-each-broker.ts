// Kills: ProxiedDevice: gives all copies of a message one new id
// Makes a new id for each copy.

import { randomUUID } from "node:crypto";
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  constructor(deviceId: string, options: right.ProxyOptions) {
    super(deviceId, options);
    for (const leg of this.legs.values()) {
      const { publish } = leg;
      leg.publish = (copy, tell) => publish.call(leg, { ...copy, copyId: randomUUID() }, tell);
    }
  }
}
