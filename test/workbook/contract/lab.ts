import { randomBytes } from "node:crypto";
import type { IConnectPacket, IPublishPacket } from "mqtt-packet";
import { RawClient } from "./raw-client.ts";

/** Something a broker does, in a word or two, as seen by a client. */
export interface Behaviour {
  readonly name: string;
  /** What the specification asks for, or where it leaves a choice, what Mosquitto 2 does. */
  readonly expected: string;
  observe(brokerUrl: string): Promise<string>;
}

/** One observation's own topics and clients, so that many can run on one broker at the same time. */
export class Lab {
  /** A topic level that nobody else uses. */
  readonly topic = `t${randomBytes(6).toString("hex")}`;
  readonly #clients: RawClient[] = [];

  constructor(readonly brokerUrl: string) {}

  async client(options: Partial<IConnectPacket> = {}): Promise<RawClient> {
    const client = await RawClient.open(this.brokerUrl, options);
    this.#clients.push(client);
    return client;
  }

  /** A client that has subscribed, by default to everything under the lab's topic at QoS 0. */
  async subscriber(
    options: { filter?: string; qos?: 0 | 1 | 2; connect?: Partial<IConnectPacket> } = {},
  ): Promise<RawClient> {
    const client = await this.client(options.connect);
    await client.subscribe(options.filter ?? `${this.topic}/#`, { qos: options.qos ?? 0 });
    return client;
  }

  /** A client whose session waits for it, for half a minute unless told otherwise. */
  persistent(options: Partial<IConnectPacket> = {}, seconds = 30): Promise<RawClient> {
    return this.client({ properties: { sessionExpiryInterval: seconds }, ...options });
  }

  /** The same session again over a new connection. */
  resume(client: RawClient, seconds = 30): Promise<RawClient> {
    return this.persistent({ clientId: client.id, clean: false }, seconds);
  }

  close(): void {
    for (const client of this.#clients) client.cut();
  }
}

export function behaviour(
  name: string,
  expected: string,
  observe: (lab: Lab) => Promise<string>,
): Behaviour {
  return {
    name,
    expected,
    async observe(brokerUrl) {
      const lab = new Lab(brokerUrl);
      try {
        return await observe(lab);
      } finally {
        lab.close();
      }
    },
  };
}

/** The payloads, in the order of arrival. */
export function payloads(messages: readonly IPublishPacket[]): string {
  return messages.map(({ payload }) => payload.toString()).join(", ") || "nothing";
}

export function yesOrNo(condition: boolean): string {
  return condition ? "yes" : "no";
}

/** "1 copy", "2 copies" */
export function copies(messages: readonly unknown[]): string {
  return messages.length === 1 ? "1 copy" : `${messages.length} copies`;
}
