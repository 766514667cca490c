// Callbacks all the way, wrapped in promises only at the edge; one SUBSCRIBE for all filters.
import { connect, type MqttClient } from "mqtt";
import { prefixed, type Reading } from "../../../workbook/telemetry.ts";

export function createClient(brokerUrl: string, clientId: string): Promise<MqttClient> {
  return new Promise((resolve, reject) => {
    const client = connect(brokerUrl, { clientId, protocolVersion: 5, reconnectPeriod: 0 });
    client.on("connect", () => resolve(client));
    client.on("error", reject);
  });
}

export function publishSensorData(client: MqttClient, readings: readonly Reading[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = readings.length;
    if (left === 0) resolve();
    for (const reading of readings) {
      const topic = prefixed(["sensors", reading.kind, reading.room].join("/"));
      client.publish(topic, Buffer.from(JSON.stringify(reading)), { qos: 1 }, (error) => {
        if (error) reject(error);
        else if (--left === 0) resolve();
      });
    }
  });
}

export function subscribeWithWildcards(
  client: MqttClient,
  filters: readonly string[],
  onReading: (topic: string, reading: Reading) => void,
): Promise<void> {
  client.on("message", (topic, payload) => {
    let value: unknown;
    try {
      value = JSON.parse(payload.toString("utf8"));
    } catch (error) {
      console.warn(`${topic}: ${String(error)}`);
      return;
    }
    if (looksLikeReading(value)) onReading(topic, value);
    else console.warn(`${topic}: not a reading`);
  });
  return new Promise((resolve, reject) => {
    const options = Object.fromEntries(filters.map((filter) => [filter, { qos: 1 as const }]));
    client.subscribe(options, (error) => (error ? reject(error) : resolve()));
  });
}

function looksLikeReading(value: unknown): value is Reading {
  const { kind, room, value: measured, unit } = (value ?? {}) as Record<string, unknown>;
  return (
    [kind, room, unit].every((text) => typeof text === "string") && typeof measured === "number"
  );
}

export function topicMatches(filter: string, topic: string): boolean {
  if (topic[0] === "$" && (filter[0] === "+" || filter[0] === "#")) return false;
  return matches(filter.split("/"), topic.split("/"));
}

function matches([wanted, ...filter]: string[], levels: string[]): boolean {
  if (wanted === undefined) return levels.length === 0;
  if (wanted === "#") return true;
  const [level, ...topic] = levels;
  return level !== undefined && (wanted === "+" || wanted === level) && matches(filter, topic);
}
