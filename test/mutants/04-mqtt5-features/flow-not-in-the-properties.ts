// Kills: consumeSlowly: tells the broker how many it takes at once
// The library drops an option that it does not know.
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";

export * from "../../../solutions/04-mqtt5-features.ts";

export async function consumeSlowly(
  brokerUrl: string,
  topic: string,
  atOnce: number,
  work: (payload: string) => Promise<void>,
): Promise<MqttClient> {
  const options = { protocolVersion: 5, receiveMaximum: atOnce } as IClientOptions;
  const client = await connectAsync(brokerUrl, options);
  client.handleMessage = (packet, done) => {
    work(packet.payload.toString()).then(() => done());
  };
  await client.subscribeAsync(topic, { qos: 1 });
  return client;
}
