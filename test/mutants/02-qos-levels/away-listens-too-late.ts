// Kills: receiveWhileOffline: loses nothing that comes with the CONNACK
// What comes behind the CONNACK is gone before anybody listens.
import { connectAsync, type MqttClient } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

export async function receiveWhileOffline(
  brokerUrl: string,
  clientId: string,
  filter: string,
  onMessage: (topic: string, payload: Buffer) => void,
): Promise<MqttClient> {
  const client = await connectAsync(brokerUrl, {
    clientId,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
  });
  client.on("message", (topic, payload) => onMessage(topic, payload));
  await client.subscribeAsync(filter, { qos: 1 });
  return client;
}
