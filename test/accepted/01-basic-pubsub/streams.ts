// Events and async iterators: a loop over the client's messages, subscriptions all at once.
import { type EventEmitter, on, once } from "node:events";
import { connect, type MqttClient } from "mqtt";
import { isReading, prefixed, type Reading } from "../../../workbook/telemetry.ts";

export async function createClient(brokerUrl: string, clientId: string): Promise<MqttClient> {
  const client = connect(brokerUrl, { clientId, protocolVersion: 5, manualConnect: true });
  client.connect();
  try {
    // Rejects where "error" comes first.
    await once(emitter(client), "connect");
  } catch (error) {
    client.end(true);
    throw error;
  }
  return client;
}

export async function publishSensorData(
  client: MqttClient,
  readings: readonly Reading[],
): Promise<void> {
  const confirmed: Promise<unknown>[] = [];
  for (const reading of readings) {
    const topic = prefixed("sensors/").concat(reading.kind, "/", reading.room);
    confirmed.push(client.publishAsync(topic, JSON.stringify(reading, null, 1), { qos: 1 }));
  }
  const outcomes = await Promise.allSettled(confirmed);
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
}

export async function subscribeWithWildcards(
  client: MqttClient,
  filters: readonly string[],
  onReading: (topic: string, reading: Reading) => void,
): Promise<void> {
  // The iterator listens from now on, before anything is asked for.
  const messages = on(emitter(client), "message");
  void forward(messages, onReading);
  await Promise.all(filters.map((filter) => client.subscribeAsync(filter)));
}

// The library's client is one, though its types do not say so.
function emitter(client: MqttClient): EventEmitter {
  return client as unknown as EventEmitter;
}

async function forward(
  messages: AsyncIterable<unknown[]>,
  onReading: (topic: string, reading: Reading) => void,
): Promise<void> {
  for await (const [topic, payload] of messages) {
    const reading = await Promise.resolve(payload)
      .then((bytes): unknown => JSON.parse(String(bytes)))
      .catch(() => undefined);
    if (isReading(reading)) onReading(String(topic), reading);
    else console.warn(`what came on ${topic} is no reading`);
  }
}

export function topicMatches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const quoted = filter.replace(/[.*?^${}()|[\]\\]/g, "\\$&");
  const pattern = quoted
    .replace(/(^|\/)\+(?=\/|$)/g, "$1[^/]*")
    .replace(/^#$/, ".*")
    .replace(/\/#$/, "(/.*)?");
  return new RegExp(`^${pattern}$`, "s").test(topic);
}
