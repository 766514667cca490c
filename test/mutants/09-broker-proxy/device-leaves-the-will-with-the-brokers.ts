// Kills: ProxiedDevice: keeps the will to itself while the device is there
// Passes the will on in the CONNECT of each leg.

import type { IClientOptions } from "mqtt";
import type { IConnectPacket } from "mqtt-packet";
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { DeviceLine } from "../../../workbook/proxy/device-line.ts";
import type { Message } from "../../../workbook/proxy/message.ts";
import { LegInParts } from "../leg-in-parts.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  override attach(line: DeviceLine, connect: IConnectPacket): void {
    const { will } = connect;
    super.attach(line, connect);
    if (will === undefined) return;
    this.will = undefined;
    const { brokers, capacity, reconnectMs } = this.options;
    const onMessage = (message: Message) => this.mailbox.deliver(message);
    for (const broker of brokers) {
      this.legs.get(broker.name)?.close();
      const options = { broker, deviceId: this.deviceId, capacity, reconnectMs, onMessage };
      (this.legs as unknown as Map<string, LegInParts>).set(
        broker.name,
        new LegWithWill(options, will),
      );
    }
  }

  override detach(how: "politely" | "broken"): void {
    super.detach(how);
    for (const leg of this.legs.values() as Iterable<unknown>) {
      if (leg instanceof LegWithWill) leg.leave(how);
    }
  }
}

type Will = NonNullable<IConnectPacket["will"]>;
let nextWill: Will | undefined;

class LegWithWill extends LegInParts {
  constructor(options: right.LegOptions, will: Will) {
    nextWill = will;
    super(options);
  }

  protected override connectOptions(): IClientOptions {
    const { topic, payload, qos = 0, retain = false } = nextWill as Will;
    return {
      ...super.connectOptions(),
      will: { topic, payload: Buffer.from(payload), qos, retain },
    };
  }

  leave(how: "politely" | "broken"): void {
    this.client.end(how === "broken");
  }
}
