// Kills: consumeSlowly: subscribes with a level that is acknowledged
// Twice the packets for the same flow.
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
  await client.subscribeAsync(topic, { qos: 2 });
  return client;
}
