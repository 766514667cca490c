// Kills: ProxiedDevice: answers SUBSCRIBE when one broker has
// Grants what no broker has granted yet.

import type { ISubscribePacket } from "mqtt-packet";
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override subscribe(packet: ISubscribePacket): void {
    const { messageId = 0, subscriptions } = packet;
    this.line?.send({ cmd: "suback", messageId, granted: subscriptions.map(() => 1) });
    const { line } = this;
    this.line = undefined;
    super.subscribe(packet);
    this.line = line;
  }
}
