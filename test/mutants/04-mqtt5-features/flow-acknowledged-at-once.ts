// Kills: consumeSlowly: acknowledges only what is done
// The library acknowledges a message when the handler returns, and an async one returns at once.
import { connectAsync, type MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function consumeSlowly(
  brokerUrl: string,
  topic: string,
  atOnce: number,
  work: (payload: string) => Promise<void>,
): Promise<MqttClient> {
  const client = await connectAsync(brokerUrl, {
    protocolVersion: 5,
    properties: { receiveMaximum: atOnce },
  });
  client.on("message", async (_topic, payload) => {
    await work(payload.toString());
  });
  await client.subscribeAsync(topic, { qos: 1 });
  return client;
}
