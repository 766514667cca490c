// Kills: ProxiedDevice: loses nothing although every leg breaks
// Does not pass on how long to wait, and 0 means never.
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  constructor(deviceId: string, options: right.ProxyOptions) {
    super(deviceId, { ...options, reconnectMs: 0 });
  }
}
