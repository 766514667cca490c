// Kills: consumeSlowly: acknowledges only what is done
// Who takes over handleMessage has to say when it is done.
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
  client.handleMessage = (packet) => {
    work(packet.payload.toString());
  };
  await client.subscribeAsync(topic, { qos: 1 });
  return client;
}
