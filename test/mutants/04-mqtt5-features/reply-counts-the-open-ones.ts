// Kills: demonstrateRequestReply: gives a late answer to nobody
// The number of open requests is the Correlation Data: when one has ended, the next gets its number.
import type { IPublishPacket, MqttClient } from "mqtt";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

const open = new Set<string>();
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
  const correlationData = Buffer.from(String(open.size));
  // Of its own for each request, so that giving it up takes nothing from another request.
  const responseTopic = prefixed(`answers/of-${client.options.clientId}`);
  open.add(request);
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
    open.delete(request);
    leaveTopic(client, responseTopic);
  }
}
