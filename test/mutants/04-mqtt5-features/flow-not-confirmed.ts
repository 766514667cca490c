// Kills: consumeSlowly: resolves when the subscription is confirmed
// The call without a promise returns at once.
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
  client.handleMessage = (packet, done) => {
    work(packet.payload.toString()).then(() => done());
  };
  client.subscribe(topic, { qos: 1 });
  return client;
}
