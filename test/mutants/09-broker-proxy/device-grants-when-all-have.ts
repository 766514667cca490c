// Kills: ProxiedDevice: answers SUBSCRIBE when one broker has
// Waits for all brokers, the one that is down too.

import type { ISubscribePacket, Packet } from "mqtt-packet";
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override subscribe(packet: ISubscribePacket): void {
    const all = [...this.legs.values()].map(
      (leg) =>
        new Promise<void>((resolve) => {
          const { subscribe } = leg;
          leg.subscribe = (filter, options, tell) =>
            subscribe.call(leg, filter, options, (outcome) => {
              tell(outcome);
              resolve();
            });
        }),
    );
    const { line } = this;
    const send = async (answer: Packet) => {
      await Promise.all(all);
      line?.send(answer);
    };
    Object.assign(this, { line: { send } });
    super.subscribe(packet);
    this.line = line;
  }
}
