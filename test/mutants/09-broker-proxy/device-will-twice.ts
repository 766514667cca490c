// Kills: ProxiedDevice: says the will once, where its route leads
// Says it when the line breaks, and when it is closed.
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override detach(how: "politely" | "broken"): void {
    const { will } = this;
    super.detach(how);
    this.will = will;
    super.detach(how);
  }
}
