// Kills: demonstrateRequestReply: tells its answers apart from another client's
// One Response Topic for all clients, and each counts its requests from one.
import type { IPublishPacket, MqttClient } from "mqtt";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

const counts = new WeakMap<MqttClient, number>();
const users = new Map<string, number>();

async function joinTopic(client: MqttClient, topic: string): Promise<void> {
  const key = `${client.options.clientId} ${topic}`;
  users.set(key, (users.get(key) ?? 0) + 1);
  await client.subscribeAsync(topic, { qos: 1 });
}

function leaveTopic(client: MqttClient, topic: string): void {
  const key = `${client.options.clientId} ${topic}`;
  const left = (users.get(key) ?? 0) - 1;
  users.set(key, left);
  if (left === 0) client.unsubscribe(topic);
}

export async function demonstrateRequestReply(
  client: MqttClient,
  topic: string,
  request: string,
  timeout: number,
): Promise<string> {
  const counted = (counts.get(client) ?? 0) + 1;
  counts.set(client, counted);
  const correlationData = Buffer.from(String(counted));
  // Of its own for each request, so that giving it up takes nothing from another request.
  const responseTopic = prefixed("answers");
  let stop = () => {};
  await joinTopic(client, responseTopic);
  try {
    return await new Promise<string>((resolve, reject) => {
      const onMessage = (on: string, payload: Buffer, { properties }: IPublishPacket) => {
        if (on !== responseTopic) return;
        if (properties?.correlationData?.equals(correlationData)) resolve(payload.toString());
      };
      const timer = setTimeout(
        () => reject(new Error(`no answer on ${topic} within ${timeout} ms`)),
        timeout,
      );
      stop = () => {
        clearTimeout(timer);
        client.off("message", onMessage);
      };
      client.on("message", onMessage);
      client
        .publishAsync(topic, request, { qos: 1, properties: { responseTopic, correlationData } })
        .catch(reject);
    });
  } finally {
    stop();
    leaveTopic(client, responseTopic);
  }
}
