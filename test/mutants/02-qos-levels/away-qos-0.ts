// Kills: receiveWhileOffline: loses nothing published while it was away
// The broker keeps nothing for a subscription with QoS 0.
import { connect, type MqttClient } from "mqtt";

export * from "../../../solutions/02-qos-levels.ts";

export async function receiveWhileOffline(
  brokerUrl: string,
  clientId: string,
  filter: string,
  onMessage: (topic: string, payload: Buffer) => void,
): Promise<MqttClient> {
  const client = connect(brokerUrl, {
    clientId,
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
  });
  client.on("message", (topic, payload) => onMessage(topic, payload));
  await client.subscribeAsync(filter, { qos: 0 });
  return client;
}
