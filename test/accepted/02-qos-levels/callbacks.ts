// Callbacks; bytes worked out from the packets; all nine messages of the matrix at once.
import { connect, type IPublishPacket, type MqttClient, type Packet } from "mqtt";
import { generate } from "mqtt-packet";
import type { Flow, FlowPacket, LevelCost } from "../../../solutions/02-qos-levels.ts";
import { prefixed } from "../../../workbook/telemetry.ts";

export const messageIdProperty = "message-id";

export function demonstrateQos0(client: MqttClient, topic: string, payload: string): Promise<Flow> {
  return new Promise((resolve, reject) => {
    const begun = process.hrtime.bigint();
    const packets: FlowPacket[] = [];
    const sent = (packet: Packet) => {
      if (packet.cmd === "publish")
        packets.push({ from: "client", type: "publish", id: undefined });
    };
    client.on("packetsend", sent);
    client.publish(topic, payload, {}, (error) => {
      client.removeListener("packetsend", sent);
      if (error) reject(error);
      else resolve({ packets, ms: Number(process.hrtime.bigint() - begun) / 1e6 });
    });
  });
}

export function demonstrateQos1(client: MqttClient, topic: string, payload: string): Promise<Flow> {
  return acknowledged(client, topic, payload, 1).then(({ flow }) => flow);
}

export function demonstrateQos2(client: MqttClient, topic: string, payload: string): Promise<Flow> {
  return acknowledged(client, topic, payload, 2).then(({ flow }) => flow);
}

/** The packets of this message are those with its identifier, in its own direction. */
function acknowledged(
  client: MqttClient,
  topic: string,
  payload: string,
  qos: 1 | 2,
): Promise<{ flow: Flow; bytes: number }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const packets: FlowPacket[] = [];
    let bytes = 0;
    let id: number | undefined;
    const sent = (packet: Packet) => {
      const isOurs = packet.cmd === "publish" && packet.topic === topic && packet.qos === qos;
      if (isOurs) id ??= packet.messageId;
      if (!isOurs && !(packet.cmd === "pubrel" && packet.messageId === id)) return;
      packets.push({ from: "client", type: packet.cmd, id: packet.messageId });
      bytes += generate(packet, { protocolVersion: 5 }).length;
    };
    const got = (packet: Packet) => {
      if (!["puback", "pubrec", "pubcomp"].includes(packet.cmd) || packet.messageId !== id) return;
      packets.push({ from: "broker", type: packet.cmd, id });
      bytes += 2 + (packet.length ?? 0);
    };
    client.on("packetsend", sent);
    client.on("packetreceive", got);
    client.publish(topic, payload, { qos }, (error) => {
      client.off("packetsend", sent);
      client.off("packetreceive", got);
      const ms = performance.now() - started;
      if (error) reject(error);
      else resolve({ flow: { packets, ms }, bytes });
    });
  });
}

export async function compareQosLevels(
  client: MqttClient,
  topic: string,
  payload: string,
): Promise<LevelCost[]> {
  const first = await demonstrateQos0(client, topic, payload);
  const publish: Packet = { cmd: "publish", topic, payload, qos: 0, dup: false, retain: false };
  const costs: LevelCost[] = [
    { qos: 0, packets: 1, bytes: generate(publish, { protocolVersion: 5 }).length, ms: first.ms },
  ];
  for (const qos of [1, 2] as const) {
    const { flow, bytes } = await acknowledged(client, topic, payload, qos);
    costs.push({ qos, packets: flow.packets.length, bytes, ms: flow.ms });
  }
  return costs;
}

export function handleOnce(
  client: MqttClient,
  handler: (topic: string, payload: Buffer) => void,
): void {
  const handled: Record<string, true> = Object.create(null);
  client.on("message", (topic, payload, packet) => {
    const id = packet.properties?.userProperties?.[messageIdProperty];
    if (id === undefined) return handler(topic, payload);
    const key = Array.isArray(id) ? id.join() : id;
    if (handled[key]) return;
    handled[key] = true;
    handler(topic, payload);
  });
}

export function receiveWhileOffline(
  brokerUrl: string,
  clientId: string,
  filter: string,
  onMessage: (topic: string, payload: Buffer) => void,
): Promise<MqttClient> {
  return new Promise((resolve, reject) => {
    const client = connect({
      ...addressOf(brokerUrl),
      clientId,
      clean: false,
      protocolVersion: 5,
      properties: { sessionExpiryInterval: 3600 },
    });
    client.on("message", onMessage);
    client.once("error", reject);
    client.once("connect", () => {
      client.subscribe(filter, { qos: 1 }, (error) => (error ? reject(error) : resolve(client)));
    });
  });
}

function addressOf(brokerUrl: string) {
  const { hostname, port } = new URL(brokerUrl);
  return { protocol: "mqtt" as const, hostname, port: Number(port) };
}

export function observeEffectiveQos(brokerUrl: string): Promise<number[][]> {
  return new Promise((resolve, reject) => {
    const base = prefixed(`effective-${process.pid}-${Math.random().toString(36).slice(2)}`);
    const matrix = [0, 1, 2].map(() => [Number.NaN, Number.NaN, Number.NaN]);
    const client = connect(brokerUrl, { clientId: base, protocolVersion: 5 });
    let missing = 9;
    client.on("error", reject);
    client.on("message", (topic: string, _payload: Buffer, packet: IPublishPacket) => {
      const [published, subscribed] = topic.split("/").slice(-2).map(Number);
      const row = matrix[published ?? 0];
      if (row) row[subscribed ?? 0] = packet.qos;
      if (--missing === 0) client.end(false, {}, () => resolve(matrix));
    });
    const filters: Record<string, { qos: 0 | 1 | 2 }> = {};
    for (const published of [0, 1, 2]) {
      for (const qos of [0, 1, 2] as const) filters[`${base}/${published}/${qos}`] = { qos };
    }
    client.subscribe(filters, (error) => {
      if (error) return reject(error);
      for (const topic of Object.keys(filters)) {
        const qos = Number(topic.split("/").at(-2)) as 0 | 1 | 2;
        client.publish(topic, "?", { qos });
      }
    });
  });
}
