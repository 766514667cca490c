import { connect, type IClientOptions, type MqttClient } from "mqtt";
import * as right from "../../solutions/06-resilient-device.ts";
import { prefixed } from "../../workbook/telemetry.ts";

/** The right connection of lab 6's device, in parts, so that a mutant can do one of them wrong. */
export class ConnectionInParts {
  #attempt = 0;

  constructor(protected readonly options: right.DeviceOptions) {}

  open(): MqttClient {
    const client = connect(this.options.brokerUrl, this.connectOptions());
    client.on("reconnect", () => this.waitLonger(client));
    client.on("connect", () => this.begin(client));
    client.on("error", (error) => this.fail(client, error));
    return client;
  }

  protected connectOptions(): IClientOptions {
    const { deviceId, login, keepaliveSeconds } = this.options;
    return {
      ...login,
      clientId: prefixed(deviceId),
      protocolVersion: 5,
      clean: false,
      properties: { sessionExpiryInterval: 3600 },
      keepalive: keepaliveSeconds,
      connectTimeout: 1500 * keepaliveSeconds,
      reconnectPeriod: this.#nextDelay(),
      reconnectOnConnackError: true,
    };
  }

  protected delay(attempt: number): number {
    const { backoff, random } = this.options;
    return right.backoffDelay(attempt, backoff, random);
  }

  protected waitLonger(client: MqttClient): void {
    client.options.reconnectPeriod = this.#nextDelay();
  }

  /** The line stands. */
  protected begin(client: MqttClient): void {
    this.#attempt = 0;
    this.waitLonger(client);
  }

  protected fail(client: MqttClient, error: Error): void {
    const reasonCode = right.reasonCodeOf(error);
    if (client.connected || reasonCode === undefined || right.mayHeal(reasonCode)) return;
    client.end(true);
    this.options.onGiveUp(error);
  }

  #nextDelay(): number {
    return Math.max(1, this.delay(this.#attempt++));
  }
}
