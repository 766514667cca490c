import { connect, type IPublishPacket, type MqttClient } from "mqtt";
import { endWithin } from "./end-within.ts";
import { clientIdOf, commandTopic, messageTopic, readingTopic, statusTopic } from "./names.ts";
import type { Sensor } from "./sensor.ts";

/** How long a device waits before it connects again once its line is broken, in milliseconds. */
const RECONNECT_AFTER = 5000;
/** In seconds. */
const KEEP_ALIVE = 30;

/**
 * One device of the fleet: it tells its status and leaves a will, reports what it measures, answers
 * commands, and comes back by itself when its line breaks.
 */
export class Device {
  readonly id: string;
  #client: MqttClient | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param period between two readings, in milliseconds
   * @param delay before the first of them, so that not all devices speak at once
   */
  constructor(
    private readonly brokerUrl: string,
    readonly sensor: Sensor,
    private readonly period: number,
    private readonly delay: number,
  ) {
    this.id = sensor.room;
  }

  /** Its program runs, whether it has a line to the broker or not. */
  get running(): boolean {
    return this.#client !== undefined;
  }

  /** Switch it on. It goes on trying for as long as the broker is not there. */
  start(): void {
    if (this.#client) return;
    const client = connect(this.brokerUrl, {
      clientId: clientIdOf(this.id),
      protocolVersion: 5,
      keepalive: KEEP_ALIVE,
      reconnectPeriod: RECONNECT_AFTER,
      // It subscribes itself, each time before it says that it is online.
      resubscribe: false,
      will: {
        topic: statusTopic(this.id),
        payload: Buffer.from("offline"),
        qos: 1,
        retain: true,
        properties: { userProperties: { by: "will" } },
      },
    });
    this.#client = client;
    // It tries again by itself.
    client.on("error", () => {});
    client.on("message", (topic, payload, packet) => {
      if (topic === commandTopic(this.id)) this.#answer(client, payload.toString(), packet);
    });
    client.on("connect", () => {
      this.#introduce(client).catch(() => {
        // The line broke in between: the next "connect" does it again.
      });
    });
    this.#timer = setTimeout(() => {
      this.#timer = setInterval(() => this.#report(client), this.period);
    }, this.delay);
  }

  /** Switch it off in good order: it says so itself, and its will stays silent. */
  async stop(): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    this.#client = undefined;
    clearTimeout(this.#timer);
    await endWithin(client, () => this.#tell(client, "offline"));
  }

  async #introduce(client: MqttClient): Promise<void> {
    await client.subscribeAsync({
      [commandTopic(this.id)]: { qos: 1 },
      [messageTopic(this.id)]: { qos: 2 },
    });
    await this.#tell(client, "online");
    this.#report(client);
  }

  async #tell(client: MqttClient, status: "online" | "offline"): Promise<void> {
    await client.publishAsync(statusTopic(this.id), status, {
      qos: 1,
      retain: true,
      properties: { userProperties: { by: "device" } },
    });
  }

  /** A reading that is lost is followed by the next one: QoS 0 will do. */
  #report(client: MqttClient): void {
    if (!client.connected) return;
    client.publish(readingTopic(this.id), JSON.stringify(this.sensor.next()));
  }

  #answer(client: MqttClient, command: string, { properties }: IPublishPacket): void {
    const { responseTopic, correlationData } = properties ?? {};
    if (command === "report") this.#report(client);
    if (responseTopic === undefined) return;
    const reply = command === "report" ? { done: true } : { error: "unknown command" };
    client.publish(responseTopic, JSON.stringify(reply), {
      qos: 1,
      properties: correlationData === undefined ? {} : { correlationData },
    });
  }
}
