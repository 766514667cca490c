// Kills: ProxiedDevice: hands on one copy of what comes from two brokers
// Takes the id off before it has looked.
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  constructor(deviceId: string, options: right.ProxyOptions) {
    super(deviceId, options);
    const { deliver } = this.mailbox;
    this.mailbox.deliver = (message) =>
      deliver.call(this.mailbox, { ...message, copyId: undefined });
  }
}
