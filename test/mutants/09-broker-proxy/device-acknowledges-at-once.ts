// Kills: ProxiedDevice: acknowledges when the policy is met, and not before
// Acknowledges what it has in memory.

import type { IPublishPacket } from "mqtt-packet";
import * as right from "../../../solutions/09-broker-proxy.ts";
import { messageFrom } from "../../../workbook/proxy/message.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override publish(packet: IPublishPacket): void {
    const { messageId = 0 } = packet;
    if (packet.qos === 1) this.line?.send({ cmd: "puback", messageId, reasonCode: 0 });
    super.forward(messageFrom(packet), () => {});
  }
}
