// Kills: ProxiedDevice: lets no broker hold up the others
// Takes no more than 60 messages until every broker has answered.
import * as right from "../../../solutions/09-broker-proxy.ts";
import type { Message } from "../../../workbook/proxy/message.ts";

export * from "../../../solutions/09-broker-proxy.ts";

export class ProxiedDevice extends right.ProxiedDevice {
  #open = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(deviceId: string, options: right.ProxyOptions) {
    super(deviceId, options);
    for (const leg of this.legs.values()) {
      const { publish } = leg;
      leg.publish = (copy, tell) => {
        this.#open++;
        publish.call(leg, copy, (outcome) => {
          this.#open--;
          tell(outcome);
          if (this.#open < 60) this.#waiting.shift()?.();
        });
      };
    }
  }

  override forward(message: Message, decided: (verdict: right.Verdict) => void): void {
    const go = () => super.forward(message, decided);
    if (this.#open < 60) go();
    else this.#waiting.push(go);
  }
}
