// Async iterators over the client's events.
import { EventEmitter, on } from "node:events";
import type { Socket } from "node:net";
import { connect, type IPublishPacket, type MqttClient, type Packet } from "mqtt";
import type { Flow, FlowPacket, LevelCost } from "../../../solutions/02-qos-levels.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export const messageIdProperty = "message-id";

const last = { 0: "publish", 1: "puback", 2: "pubcomp" } as const;

async function follow(
  client: MqttClient,
  qos: 0 | 1 | 2,
  topic: string,
  payload: string,
): Promise<Flow> {
  const both = new EventEmitter();
  const sent = (packet: Packet) => {
    if (["publish", "pubrel"].includes(packet.cmd)) both.emit("packet", "client", packet);
  };
  const received = (packet: Packet) => {
    if (/^pub(ack|rec|comp)$/.test(packet.cmd)) both.emit("packet", "broker", packet);
  };
  const packets: FlowPacket[] = [];
  const start = performance.now();
  const stop = new AbortController();
  const arrivals = on(both, "packet", { signal: stop.signal });
  client.on("packetsend", sent);
  client.on("packetreceive", received);
  try {
    const published = client.publishAsync(topic, payload, { qos });
    for await (const [from, packet] of arrivals as AsyncIterable<[FlowPacket["from"], Packet]>) {
      packets.push({ from, type: packet.cmd, id: packet.messageId });
      if (packet.cmd === last[qos]) break;
    }
    await published;
  } finally {
    stop.abort();
    client.off("packetsend", sent);
    client.off("packetreceive", received);
  }
  return { packets, ms: performance.now() - start };
}

export async function demonstrateQos0(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<Flow> {
  return follow(client, 0, topic, payload);
}

export async function demonstrateQos1(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<Flow> {
  return follow(client, 1, topic, payload);
}

export async function demonstrateQos2(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<Flow> {
  return follow(client, 2, topic, payload);
}

export async function compareQosLevels(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<LevelCost[]> {
  const line = client.stream as Socket;
  const one = async (qos: 0 | 1 | 2): Promise<LevelCost> => {
    const bytes = -(line.bytesRead + line.bytesWritten);
    const flow = await follow(client, qos, topic, payload);
    return {
      qos,
      packets: flow.packets.length,
      bytes: bytes + line.bytesRead + line.bytesWritten,
      ms: flow.ms,
    };
  };
  return [await one(0), await one(1), await one(2)];
}

export function handleOnce(
  client: MqttClient,
  handler: (topic: string, payload: Buffer) => void,
): void {
  const known: string[] = [];
  void (async () => {
    const messages = on(client as unknown as EventEmitter, "message");
    for await (const [topic, payload, packet] of messages) {
      const id = (packet as IPublishPacket).properties?.userProperties?.[messageIdProperty];
      if (typeof id === "string" && known.includes(id)) continue;
      if (typeof id === "string") known.push(id);
      handler(topic, payload);
    }
  })();
}

export async function receiveWhileOffline(
  brokerUrl: string,
  clientId: string,
  filter: string,
  onMessage: (topic: string, payload: Buffer) => void,
): Promise<MqttClient> {
  const client = connect(brokerUrl, {
    clientId,
    clean: false,
    protocolVersion: 5,
    properties: { sessionExpiryInterval: 3600 },
    // The session has the subscription already.
    resubscribe: false,
  });
  const messages = on(client as unknown as EventEmitter, "message");
  void (async () => {
    for await (const [topic, payload] of messages) onMessage(topic, payload);
  })();
  await client.subscribeAsync(filter, { qos: 1 });
  return client;
}

export async function observeEffectiveQos(brokerUrl: string): Promise<number[][]> {
  const matrix: number[][] = [];
  for (const published of [0, 1, 2] as const) {
    const row: number[] = [];
    for (const subscribed of [0, 1, 2] as const) {
      row.push(await observe(brokerUrl, published, subscribed));
    }
    matrix.push(row);
  }
  return matrix;
}

/** A connection and a topic for this pair alone. */
async function observe(
  brokerUrl: string,
  published: 0 | 1 | 2,
  subscribed: 0 | 1 | 2,
): Promise<number> {
  const name = prefixed(`pair-${published}-${subscribed}-${crypto.randomUUID()}`);
  const client = connect(brokerUrl, { clientId: name, protocolVersion: 5 });
  const messages = on(client as unknown as EventEmitter, "message");
  await client.subscribeAsync(name, { qos: subscribed });
  await client.publishAsync(name, "x", { qos: published });
  const { value } = await messages.next();
  await client.endAsync();
  return value[2].qos;
}
