// Kills: ProxiedDevice: says the will once, where its route leads
// Takes the first broker of a route for the only one.
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  constructor(deviceId: string, options: right.ProxyOptions) {
    const first = new Set(options.routes.map(({ brokers }) => brokers[0]));
    const brokers = options.brokers.filter(({ name }) => first.has(name));
    super(deviceId, { ...options, brokers });
  }
}
