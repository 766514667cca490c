// Everything in turn: one publish after the other at QoS 2, one SUBSCRIBE for each filter, each with a
// subscription identifier of its own.
import { connectAsync, type MqttClient } from "mqtt";
import { isReading, prefixed, type Reading } from "../../../workbook/telemetry.ts";

export async function createClient(brokerUrl: string, clientId: string): Promise<MqttClient> {
  const { hostname, port, username, password } = new URL(brokerUrl);
  return await connectAsync({
    protocol: "mqtt",
    hostname,
    port: Number(port || 1883),
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    clientId,
    protocolVersion: 5,
    keepalive: 30,
  });
}

export async function publishSensorData(
  client: MqttClient,
  readings: readonly Reading[],
): Promise<void> {
  for (const reading of readings) {
    const { kind, room, value, unit } = reading;
    const topic = prefixed(`sensors/${kind}/${room}`);
    await client.publishAsync(topic, JSON.stringify({ unit, value, room, kind }), { qos: 2 });
  }
}

export async function subscribeWithWildcards(
  client: MqttClient,
  filters: readonly string[],
  onReading: (topic: string, reading: Reading) => void,
): Promise<void> {
  client.on("message", (topic, payload) => {
    try {
      const reading: unknown = JSON.parse(String(payload));
      if (!isReading(reading)) throw new TypeError("no reading");
      onReading(topic, reading);
    } catch (error) {
      console.warn("skipped", topic, error);
    }
  });
  for (const [index, filter] of filters.entries()) {
    const properties = { subscriptionIdentifier: index + 1 };
    await client.subscribeAsync(filter, { qos: 2, properties });
  }
}

export function topicMatches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && !filter.startsWith("$")) {
    if (filter.startsWith("#") || filter.startsWith("+")) return false;
  }
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === "#") return true;
    if (i >= levels.length) return false;
    if (wanted[i] !== "+" && wanted[i] !== levels[i]) return false;
  }
  return wanted.length === levels.length;
}
