// Kills: ProxiedDevice: says no when no broker grants a filter
// Grants the filter when the brokers have answered, whatever they say.
import type { ISubscribePacket, Packet } from "mqtt-packet";
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override subscribe(packet: ISubscribePacket): void {
    const { line } = this;
    const send = (answer: Packet) => {
      if (answer.cmd === "suback") {
        answer.granted = answer.granted.map((code) => (code === 131 ? 1 : Number(code)));
      }
      line?.send(answer);
    };
    this.line = line && Object.assign(Object.create(line), { send });
    super.subscribe(packet);
    this.line = line;
  }
}
