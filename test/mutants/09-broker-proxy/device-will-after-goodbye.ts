// Kills: ProxiedDevice: forgets the will of a device that leaves politely
// Says it whenever a line ends.
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override detach(): void {
    super.detach("broken");
  }
}
