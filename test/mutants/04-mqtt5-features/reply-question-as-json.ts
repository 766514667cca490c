// Kills: demonstrateRequestReply: asks the question that it was given, and says where to answer
// The question is wrapped in JSON, and reads otherwise.
import { randomUUID } from "node:crypto";
import type { IPublishPacket, MqttClient } from "mqtt";
import { prefixed } from "../../../workbook/telemetry.ts";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function demonstrateRequestReply(
  client: MqttClient,
  topic: string,
  request: string,
  timeout: number,
): Promise<string> {
  const correlationData = Buffer.from(randomUUID());
  // Of its own for each request, so that giving it up takes nothing from another request.
  const responseTopic = prefixed(`answers/${randomUUID().slice(0, 8)}`);
  let stop = () => {};
  await client.subscribeAsync(responseTopic, { qos: 1 });
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
        .publishAsync(topic, JSON.stringify(request), {
          qos: 1,
          properties: { responseTopic, correlationData },
        })
        .catch(reject);
    });
  } finally {
    stop();
    client.unsubscribe(responseTopic);
  }
}
