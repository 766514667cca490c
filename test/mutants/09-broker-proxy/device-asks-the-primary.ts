// Kills: ProxiedDevice: acknowledges when the policy is met, and not before
// Takes all for primary.
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  constructor(deviceId: string, options: right.ProxyOptions) {
    const routes = options.routes.map((route) =>
      route.acknowledge === "all" ? { ...route, acknowledge: "primary" as const } : route,
    );
    super(deviceId, { ...options, routes });
  }
}
