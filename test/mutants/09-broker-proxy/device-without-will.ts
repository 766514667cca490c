// Kills: ProxiedDevice: says the will once, where its route leads
// Forgets it.
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override detach(how: "politely" | "broken"): void {
    this.will = undefined;
    super.detach(how);
  }
}
