import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { connect, type IPublishPacket, type MqttClient } from "mqtt";
import { prefixed } from "../telemetry.ts";
import { endWithin } from "./end-within.ts";
import {
  clientIdOf,
  commandTopic,
  MONITOR,
  messageTopic,
  replyTopic,
  statusTopic,
} from "./names.ts";
import { within } from "./within.ts";

/** How long an answer is waited for, in milliseconds. */
const PATIENCE = 3000;

/** Who wants to know what the monitor hears. */
export interface Listener {
  /** A message came on a topic of the fleet. */
  heard(topic: string, payload: string, packet: IPublishPacket): void;
  /** It hears the fleet from now on, or it does not. */
  linked(hears: boolean): void;
}

/** The client of whoever watches the fleet: all that the page knows of a device, it has heard. */
export class Monitor {
  readonly #client: MqttClient;
  /** Commands that wait for their reply, by their Correlation Data. */
  readonly #waiting = new Map<string, (reply: string) => void>();

  private constructor(brokerUrl: string, listener: Listener) {
    this.#client = connect(brokerUrl, {
      clientId: clientIdOf(MONITOR),
      protocolVersion: 5,
      resubscribe: false,
      will: { topic: statusTopic(MONITOR), payload: Buffer.from("offline"), qos: 1, retain: true },
    });
    this.#client.on("message", (topic, payload, packet) => {
      if (topic === replyTopic) this.#replied(payload.toString(), packet);
      else listener.heard(topic, payload.toString(), packet);
    });
  }

  /**
   * Resolves once it hears the fleet.
   *
   * @throws what the broker or the network says against it
   */
  static async open(brokerUrl: string, listener: Listener): Promise<Monitor> {
    const monitor = new Monitor(brokerUrl, listener);
    const client = monitor.#client;
    try {
      await new Promise<void>((resolve, reject) => {
        // Later errors, too, are heard here: the client tries again by itself.
        client.on("error", reject);
        client.on("connect", () => {
          monitor
            .#listen()
            .then(() => listener.linked(true))
            .then(resolve, reject);
        });
        client.on("close", () => listener.linked(false));
      });
    } catch (error) {
      client.end(true);
      throw error;
    }
    return monitor;
  }

  /**
   * Send a command. Resolves with the reply and how long it took in milliseconds, or with `undefined`
   * when none came in time.
   */
  async command(id: string, command: string): Promise<{ reply: string; ms: number } | undefined> {
    const correlationData = randomBytes(4);
    const key = correlationData.toString("hex");
    const began = performance.now();
    const replied = new Promise<string>((resolve) => this.#waiting.set(key, resolve));
    // Whoever is not there in time shall not obey later.
    const messageExpiryInterval = PATIENCE / 1000;
    this.#client.publish(commandTopic(id), command, {
      qos: 1,
      properties: { responseTopic: replyTopic, correlationData, messageExpiryInterval },
    });
    try {
      const reply = await within(PATIENCE, replied);
      if (reply === undefined) return undefined;
      return { reply, ms: Math.round(performance.now() - began) };
    } finally {
      this.#waiting.delete(key);
    }
  }

  /** Send one message with QoS 2. Resolves with whether the broker has taken it for good, by a PUBCOMP. */
  async sendOnce(id: string, text: string): Promise<boolean> {
    const sent = this.#client.publishAsync(messageTopic(id), text, { qos: 2 });
    return (await within(PATIENCE, sent)) !== undefined;
  }

  /** Have the broker forget what it kept of these devices and of the monitor, and leave. */
  async end(ids: readonly string[]): Promise<void> {
    const forget = (id: string) =>
      this.#client.publishAsync(statusTopic(id), "", { qos: 1, retain: true });
    await endWithin(this.#client, async () => {
      await Promise.all([...ids, MONITOR].map(forget));
    });
  }

  async #listen(): Promise<void> {
    await this.#client.subscribeAsync({
      [prefixed("fleet/+/status")]: { qos: 1 },
      [prefixed("fleet/+/reading")]: { qos: 0 },
      [replyTopic]: { qos: 1 },
    });
    await this.#client.publishAsync(statusTopic(MONITOR), "online", { qos: 1, retain: true });
  }

  #replied(reply: string, { properties }: IPublishPacket): void {
    this.#waiting.get(properties?.correlationData?.toString("hex") ?? "")?.(reply);
  }
}
