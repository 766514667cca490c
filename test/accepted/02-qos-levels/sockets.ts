// What the socket counts; a client that is connected by hand; a client for each subscription.
import { type EventEmitter, once } from "node:events";
import type { Socket } from "node:net";
import { connect, connectAsync, type MqttClient, type Packet } from "mqtt";
import type { Flow, FlowPacket, LevelCost } from "../../../solutions/02-qos-levels.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export const messageIdProperty = "message-id";

/** The packets of the publishing side, whichever level. */
const publishing = new Map<Packet["cmd"], FlowPacket["from"]>([
  ["publish", "client"],
  ["puback", "broker"],
  ["pubrec", "broker"],
  ["pubrel", "client"],
  ["pubcomp", "broker"],
]);

class Witness {
  readonly packets: FlowPacket[] = [];
  readonly #sent = (packet: Packet) => this.#note("client", packet);
  readonly #received = (packet: Packet) => this.#note("broker", packet);
  readonly #begun = performance.now();

  constructor(private readonly client: MqttClient) {
    client.prependListener("packetsend", this.#sent);
    client.prependListener("packetreceive", this.#received);
  }

  leave(): Flow {
    this.client.off("packetsend", this.#sent).off("packetreceive", this.#received);
    return { packets: this.packets, ms: performance.now() - this.#begun };
  }

  #note(from: FlowPacket["from"], packet: Packet): void {
    if (publishing.get(packet.cmd) !== from) return;
    this.packets.push({ from, type: packet.cmd, id: packet.messageId });
  }
}

async function witnessed(
  client: MqttClient,
  qos: 0 | 1 | 2,
  topic: string,
  payload: string,
): Promise<Flow> {
  const witness = new Witness(client);
  try {
    await client.publishAsync(topic, Buffer.from(payload), { qos });
  } catch (error) {
    witness.leave();
    throw error;
  }
  return witness.leave();
}

export const demonstrateQos0 = (client: MqttClient, topic: string, payload: string) =>
  witnessed(client, 0, topic, payload);
export const demonstrateQos1 = (client: MqttClient, topic: string, payload: string) =>
  witnessed(client, 1, topic, payload);
export const demonstrateQos2 = (client: MqttClient, topic: string, payload: string) =>
  witnessed(client, 2, topic, payload);

export async function compareQosLevels(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<LevelCost[]> {
  const { stream } = client as unknown as { stream: Socket };
  const costs: LevelCost[] = [];
  for (const [qos, demonstrate] of [demonstrateQos0, demonstrateQos1, demonstrateQos2].entries()) {
    const { bytesRead, bytesWritten } = stream;
    const { packets, ms } = await demonstrate(client, topic, payload);
    const bytes = stream.bytesRead - bytesRead + (stream.bytesWritten - bytesWritten);
    costs.push({ qos, packets: packets.length, bytes, ms });
  }
  return costs;
}

export function handleOnce(
  client: MqttClient,
  handler: (topic: string, payload: Buffer) => void,
): void {
  const times = new Map<string, number>();
  client.on("message", (topic, payload, { properties = {} }) => {
    const { [messageIdProperty]: id } = properties.userProperties ?? {};
    if (id !== undefined) {
      const before = times.get(String(id)) ?? 0;
      times.set(String(id), before + 1);
      if (before > 0) return;
    }
    handler(topic, payload);
  });
}

export async function receiveWhileOffline(
  brokerUrl: string,
  clientId: string,
  filter: string,
  onMessage: (topic: string, payload: Buffer) => void,
): Promise<MqttClient> {
  const client = connect(brokerUrl, {
    manualConnect: true,
    clientId,
    clean: false,
    protocolVersion: 5,
    properties: { sessionExpiryInterval: 60 * 60 },
  });
  client.on("message", (topic, payload) => onMessage(topic, payload));
  client.connect();
  await once(client as unknown as EventEmitter, "connect");
  await client.subscribeAsync({ [filter]: { qos: 2 } });
  return client;
}

export async function observeEffectiveQos(brokerUrl: string): Promise<number[][]> {
  const base = prefixed(`matrix${Date.now()}x${Math.floor(Math.random() * 1e9)}`);
  const open = (name: string) =>
    connectAsync(brokerUrl, { clientId: `${base}-${name}`, protocolVersion: 5 });
  const publisher = await open("publisher");
  const subscribers: MqttClient[] = [];
  try {
    for (const qos of [0, 1, 2] as const) {
      const subscriber = await open(`subscriber-${qos}`);
      subscribers.push(subscriber);
      await subscriber.subscribeAsync(base, { qos });
    }
    const matrix: number[][] = [];
    for (const qos of [0, 1, 2] as const) {
      const arrivals = subscribers.map(async (subscriber) => {
        const [, , packet] = await once(subscriber as unknown as EventEmitter, "message");
        return Number(packet.qos);
      });
      await publisher.publishAsync(base, `level ${qos}`, { qos });
      matrix.push(await Promise.all(arrivals));
    }
    return matrix;
  } finally {
    await Promise.all([publisher, ...subscribers].map((client) => client.endAsync()));
  }
}
