// Kills: ProxiedDevice: acknowledges when the policy is met, and not before
// Waits for every broker, whatever the route says.
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  constructor(deviceId: string, options: right.ProxyOptions) {
    const routes = options.routes.map((route) =>
      route.acknowledge === "any" ? { ...route, acknowledge: "all" as const } : route,
    );
    super(deviceId, { ...options, routes });
  }
}
