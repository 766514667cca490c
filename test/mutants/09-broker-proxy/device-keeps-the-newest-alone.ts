// Kills: ProxiedDevice: keeps what comes while the device is away
// Thinks that the last word is enough.
import * as right from "../../../solutions/09-broker-proxy.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  constructor(deviceId: string, options: right.ProxyOptions) {
    super(deviceId, options);
    const { mailbox } = this;
    const { deliver } = mailbox;
    mailbox.deliver = (message) => {
      while (this.line === undefined && mailbox.waiting.size > 0) mailbox.waiting.take();
      deliver.call(mailbox, message);
    };
  }
}
