// Kills: ProxiedDevice: reports each message that a broker misses
// Is content when its device is.
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  constructor(deviceId: string, options: right.ProxyOptions) {
    super(deviceId, { ...options, onMissed: () => {} });
  }
}
