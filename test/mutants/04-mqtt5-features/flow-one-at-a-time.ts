// Kills: consumeSlowly: tells the broker how many it takes at once
// Slower than it was asked to be.
import { connectAsync, type MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function consumeSlowly(
  brokerUrl: string,
  topic: string,
  atOnce: number,
  work: (payload: string) => Promise<void>,
): Promise<MqttClient> {
  console.log(`one at a time instead of ${atOnce}`);
  const client = await connectAsync(brokerUrl, {
    protocolVersion: 5,
    properties: { receiveMaximum: 1 },
  });
  client.handleMessage = (packet, done) => {
    work(packet.payload.toString()).then(() => done());
  };
  await client.subscribeAsync(topic, { qos: 1 });
  return client;
}
