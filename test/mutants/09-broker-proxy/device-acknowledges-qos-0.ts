// Kills: ProxiedDevice: answers QoS 0 with nothing
// Answers each PUBLISH.
import type { IPublishPacket } from "mqtt-packet";
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override publish(packet: IPublishPacket): void {
    super.publish(packet);
    if (packet.qos === 0) this.line?.send({ cmd: "puback", messageId: 0, reasonCode: 0 });
  }
}
