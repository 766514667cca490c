// Kills: receiveWhileOffline: loses nothing published while it was away
// In MQTT 5 a session without an expiry ends with its connection.
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
  });
  client.on("message", (topic, payload) => onMessage(topic, payload));
  await client.subscribeAsync(filter, { qos: 1 });
  return client;
}
