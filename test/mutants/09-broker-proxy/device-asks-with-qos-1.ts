// Kills: ProxiedDevice: answers SUBSCRIBE when one broker has
// Asks for more than the device does.
import type { ISubscribePacket } from "mqtt-packet";
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override subscribe(packet: ISubscribePacket): void {
    const subscriptions = packet.subscriptions.map((each) => ({ ...each, qos: 1 as const }));
    super.subscribe({ ...packet, subscriptions });
  }
}
