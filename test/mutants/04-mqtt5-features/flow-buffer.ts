// Kills: consumeSlowly: works through all of them, payload by payload
// Looks like text when it is printed, and is none.
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
    work(packet.payload as unknown as string).then(() => done());
  };
  await client.subscribeAsync(topic, { qos: 1 });
  return client;
}
